// What a page must show at first sight: no accessibility fault, and nothing wider than the window.

import assert from "node:assert/strict";
import axe from "axe-core";

/** Fails with all the faults, one a line, if there are any. */
export function none(faults) {
  if (faults.length > 0) assert.fail(faults.join("\n"));
}

/** All that axe-core knows, but the strictest level (AAA) and what it holds for obsolete. */
const RULES = axe
  .getRules()
  .filter(({ tags }) => !tags.includes("wcag2aaa") && !tags.includes("deprecated"))
  .map(({ ruleId }) => ruleId);

/** What axe-core holds against the page, as lines of text. */
export async function axeFaults(page) {
  await page.evaluate(axe.source);
  const { violations, incomplete } = await page.evaluate(
    (rules) => globalThis.axe.run(document, { runOnly: { type: "rule", values: rules } }),
    RULES,
  );
  const untested = incomplete.filter(({ id }) => id === "color-contrast");
  return [
    ...violations.flatMap(({ help, nodes }) => nodes.map((node) => line(help, node))),
    ...untested.flatMap(({ help, nodes }) =>
      nodes.filter(isInSight).map((node) => line(help, node)),
    ),
  ];
}

function line(help, { html, any, all, none }) {
  const why = [...any, ...all, ...none].map(({ message }) => message).join(" ");
  return `${help}: ${html.slice(0, 200)} ${why}`;
}

/**
 * Contrast that axe-core could not determine counts as a fault, or it would go untested. Not so
 * where something is in front of the text, which axe-core says of what is scrolled out of sight.
 */
function isInSight({ any }) {
  const hidden = ["bgOverlap", "elmPartiallyObscured"];
  return !any.some(({ data }) => hidden.includes(data?.messageKey));
}

/** Elements that reach beyond the window, so that the page scrolls sideways or cuts them off. */
export async function overflowing(page) {
  return page.evaluate(() => {
    const { clientWidth, scrollWidth } = document.documentElement;
    const scrolls = (element) =>
      element !== document.body &&
      element !== document.documentElement &&
      (getComputedStyle(element).overflowX !== "visible" || scrolls(element.parentElement));
    const faults = [...document.body.querySelectorAll("*")]
      .filter((element) => {
        const { right, width } = element.getBoundingClientRect();
        return width > 1 && right > clientWidth + 1 && !scrolls(element.parentElement);
      })
      .map((element) => element.cloneNode(false).outerHTML.slice(0, 200));
    if (scrollWidth > clientWidth) faults.push(`the page is ${scrollWidth} px wide`);
    return faults;
  });
}
