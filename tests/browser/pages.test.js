// Every page of every example, light and dark: nothing fails in it, nothing is fetched from
// elsewhere, nothing is wider than the window, and axe-core finds no fault.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { NARROW, SCHEMES, WIDE, WIDTHS, startBrowser, visit, withPage } from "./harness/browser.js";
import { axeFaults, none, overflowing } from "./harness/checks.js";
import { EXAMPLES, builtExample } from "./harness/sites.js";

const KINDS = ["404", "home", "page", "paginated", "section", "taxonomy", "term"];

const browser = await startBrowser();
const sites = await Promise.all(EXAMPLES.map((example) => builtExample(example)));

it("the examples have every kind of page", () => {
  const kinds = new Set(sites.flatMap(({ pages }) => pages.map(({ kind }) => kind)));
  assert.deepEqual([...kinds].sort(), KINDS);
});

for (const site of sites) {
  for (const scheme of SCHEMES) {
    describe(`${site.name}, ${scheme}`, () => {
      for (const { path, kind } of site.pages) {
        it(`/${path} (${kind})`, () =>
          withPage(browser, { scheme }, async (page) => {
            await visit(page, site.url(path));
            none([...page.problems, ...(await faultsAtEachWidth(page))]);
          }));
      }
    });
  }
}

async function faultsAtEachWidth(page) {
  const faults = [];
  for (const width of WIDTHS) {
    await page.setViewport({ width, height: 900 });
    const found = await overflowing(page);
    // What is hidden, folded or scrolls differs between the two.
    if ([NARROW, WIDE].includes(width)) found.push(...(await axeFaults(page)));
    faults.push(...found.map((fault) => `at ${width} px: ${fault}`));
  }
  return faults;
}
