// The keyboard alone: the skip link, and a way through all that can be used, in reading order, with
// the place one is at to be seen.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { NARROW, WIDE, startBrowser, visit, withPage } from "./harness/browser.js";
import { none } from "./harness/checks.js";
import { EXAMPLES, builtExample, oneOfEachKind } from "./harness/sites.js";

const USABLE = "a[href], button, summary, input, select, textarea, [tabindex='0']";

const browser = await startBrowser();

for (const example of EXAMPLES) {
  const site = await builtExample(example);
  for (const { path, kind } of oneOfEachKind(site.pages)) {
    describe(`${example}, ${kind}`, () => {
      it("the first tab is to a link that leads past the navigation", () =>
        withPage(browser, {}, async (page) => {
          await visit(page, site.url(path));
          await page.keyboard.press("Tab");
          const link = await page.evaluate(describeFocus, USABLE);
          assert.match(link.text, /skip/i);
          assert.ok(link.visible, "the skip link cannot be seen when it has the focus");
          await page.keyboard.press("Enter");
          await page.keyboard.press("Tab");
          const inMain = await page.evaluate(() => document.activeElement.closest("main") !== null);
          assert.ok(inMain, "the next tab is not in main");
        }));

      for (const width of [WIDE, NARROW]) {
        it(`tabs go through everything in order at ${width} px`, () =>
          withPage(browser, { width }, async (page) => {
            await visit(page, site.url(path));
            const expected = await page.evaluate(usable, USABLE);
            const reached = await tabThrough(page, 2 * expected.length);
            // Chromium also stops at what scrolls, by however little.
            const usual = reached.filter(({ isUsable }) => isUsable);
            assert.deepEqual(
              usual.map(({ text }) => text),
              expected,
            );
            const unseen = reached.filter(({ visible, ring }) => !visible || !ring);
            none(unseen.map(({ text }) => `focus cannot be seen: ${text}`));
          }));
      }
    });
  }
}

/** What has the focus after each tab, until it is back where it was, or `limit` is passed. */
async function tabThrough(page, limit) {
  const reached = [];
  while (reached.length <= limit) {
    await page.keyboard.press("Tab");
    const focus = await page.evaluate(describeFocus, USABLE);
    if (focus.text.startsWith("<body")) break;
    reached.push(focus);
  }
  return reached;
}

/** In the page: what can be used on it, in the order it is written in. */
function usable(selector) {
  return [...document.querySelectorAll(selector)]
    .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.disabled)
    .map((element) => element.outerHTML.slice(0, 120));
}

/** In the page: the element that has the focus, and whether one sees that it has. */
function describeFocus(selector) {
  const element = document.activeElement;
  const { top, bottom, left, right, width } = element.getBoundingClientRect();
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
  return {
    text: element.outerHTML.slice(0, 120),
    isUsable: element.matches(selector),
    visible: width > 1 && bottom > 0 && right > 0 && top < innerHeight && left < innerWidth,
    ring: (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none",
  };
}
