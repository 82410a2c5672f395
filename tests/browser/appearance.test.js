// The switch between light and dark, printing, and reading without script.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { startBrowser, visit, withPage } from "./harness/browser.js";
import { none } from "./harness/checks.js";
import { EXAMPLES, builtExample, oneOfEachKind } from "./harness/sites.js";

const browser = await startBrowser();

for (const example of EXAMPLES) {
  const site = await builtExample(example);
  const samples = oneOfEachKind(site.pages);
  const page = site.url(samples.find(({ kind }) => kind === "page").path);

  describe(example, () => {
    for (const [preferred, other] of [
      ["light", "dark"],
      ["dark", "light"],
    ]) {
      it(`${preferred} is preferred, ${other} is chosen and remembered`, async () => {
        const [before, wanted] = [await paletteOf(page, preferred), await paletteOf(page, other)];
        assert.notDeepEqual(before, wanted, "light and dark look the same");
        await withPage(browser, { scheme: preferred }, async (tab) => {
          await visit(tab, page);
          assert.deepEqual(await tab.evaluate(palette), before);
          await pressUntil(tab, wanted);
          await noteBackgrounds(tab);
          await visit(tab, site.home);
          await visit(tab, page);
          await tab.reload();
          assert.deepEqual(await tab.evaluate(palette), wanted, "not remembered");
          assert.deepEqual(await backgroundsOf(tab), [wanted[0][0]], "the other flashes up");
          await pressUntil(tab, before);
          none(tab.problems);
        });
      });
    }

    for (const { path, kind } of samples) {
      it(`${kind}: readable without script`, () =>
        withPage(browser, { script: false }, async (tab) => {
          await visit(tab, site.url(path));
          const { text, links, buttons } = await tab.evaluate(readable);
          assert.deepEqual(text, await textOf(site.url(path)), "another text than with script");
          assert.ok(links > 0, "no navigation");
          assert.deepEqual(buttons, [], "a button that does nothing");
          none(tab.problems);
        }));

      it(`${kind}: printed without navigation, dark on white`, () =>
        withPage(browser, { scheme: "dark", width: 700 }, async (tab) => {
          await visit(tab, site.url(path));
          const screen = await tab.$eval("main h1", (heading) => heading.innerText);
          await tab.emulateMediaType("print");
          const { navigation, heading, text, paper } = await tab.evaluate(printed);
          assert.deepEqual(navigation, []);
          assert.equal(heading, screen);
          assert.ok(text < 0.2 && paper > 0.9, `luminance of text ${text}, of paper ${paper}`);
        }));
    }
  });
}

/** The colours of all that is in the page at `url`, as a reader who prefers `scheme` sees them. */
function paletteOf(url, scheme) {
  return withPage(browser, { scheme }, async (tab) => {
    await visit(tab, url);
    return tab.evaluate(palette);
  });
}

function textOf(url) {
  return withPage(browser, {}, async (tab) => {
    await visit(tab, url);
    return (await tab.evaluate(readable)).text;
  });
}

/** Presses the theme's switch until the page has the colours wanted. */
async function pressUntil(tab, wanted) {
  const name = /theme|scheme|dark|light|appearance/i;
  for (let presses = 0; presses < 3; presses += 1) {
    const [button] = await buttonsNamed(tab, name);
    assert.ok(button, "no button to switch between light and dark in the header");
    await button.click();
    // Colours may fade over.
    await new Promise((faded) => setTimeout(faded, 500));
    await tab.mouse.move(0, 0);
    await tab.evaluate(() => document.activeElement.blur());
    if (JSON.stringify(await tab.evaluate(palette)) === JSON.stringify(wanted)) return;
  }
  assert.deepEqual(await tab.evaluate(palette), wanted);
}

async function buttonsNamed(tab, name) {
  const found = [];
  for (const button of await tab.$$("header button")) {
    const text = await button.evaluate(({ ariaLabel, title, innerText }) =>
      [ariaLabel, title, innerText].join(" "),
    );
    if (name.test(text) && (await button.isVisible())) found.push(button);
  }
  return found;
}

/** Makes pages to come note the backgrounds of the frames that are drawn while they load. */
async function noteBackgrounds(tab) {
  await tab.evaluateOnNewDocument(() => {
    globalThis.backgrounds = new Set();
    const note = () => {
      const { body, readyState } = document;
      if (body) globalThis.backgrounds.add(getComputedStyle(body).backgroundColor);
      if (!body || readyState !== "complete") requestAnimationFrame(note);
    };
    requestAnimationFrame(note);
  });
}

/** What was noted. A page can be loaded before its first frame is drawn. */
async function backgroundsOf(tab) {
  await tab.waitForFunction(() => globalThis.backgrounds.size > 0);
  return tab.evaluate(() => [...globalThis.backgrounds]);
}

/** In the page: background, text and border colours of each element, the body's first. */
function palette() {
  return [...document.querySelectorAll("body, body *")].map((element) => {
    const { backgroundColor, color, borderTopColor } = getComputedStyle(element);
    return [backgroundColor, color, borderTopColor];
  });
}

/** In the page: the text of its main part, and what there is to use. */
function readable() {
  const visible = (selector) =>
    [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility());
  const text = "main :is(h1, h2, h3, h4, h5, h6, p, li, th, td, dt, dd, code, figcaption)";
  return {
    text: visible(text).map((element) => element.innerText),
    links: visible("nav a[href]").length,
    // A popover opens without script.
    buttons: visible("button:not([popovertarget])").map((button) => button.outerHTML),
  };
}

/** In the page, as it is printed: navigation that is left, the heading, and how dark it is. */
function printed() {
  const luminance = (colour) => {
    const [red, green, blue, alpha = 1] = colour.match(/[\d.]+/g).map(Number);
    const onPaper = (part) => (alpha * part) / 255 + 1 - alpha;
    return 0.2126 * onPaper(red) + 0.7152 * onPaper(green) + 0.0722 * onPaper(blue);
  };
  const heading = document.querySelector("main h1");
  const unwanted = "nav, button, [role=search], .skip";
  return {
    navigation: [...document.querySelectorAll(unwanted)]
      .filter((element) => element.checkVisibility() && element.getClientRects().length > 0)
      .map((element) => element.outerHTML.slice(0, 100)),
    heading: heading.innerText,
    text: luminance(getComputedStyle(heading).color),
    paper: luminance(getComputedStyle(document.body).backgroundColor),
  };
}
