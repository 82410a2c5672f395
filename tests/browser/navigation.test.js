// Finding one's way by clicks, on a wide screen and on a phone: the menu, what comes before and
// after a page, and the way back up.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { NARROW, WIDE, startBrowser, visit, withPage } from "./harness/browser.js";
import { none } from "./harness/checks.js";
import { EXAMPLES, builtExample } from "./harness/sites.js";

const browser = await startBrowser();
const MENU = "header nav a";

for (const example of EXAMPLES) {
  const site = await builtExample(example);
  for (const width of [WIDE, NARROW]) {
    describe(`${example}, ${width} px wide`, () => {
      /** A test that begins on the page at `path`, and in which nothing may go wrong. */
      const from = (path, name, use) =>
        it(name, () =>
          withPage(browser, { width }, async (page) => {
            await visit(page, site.url(path));
            await use(page);
            none(page.problems);
          }),
        );

      from(
        "",
        "each entry of the menu can be clicked, and leads to where it says",
        async (page) => {
          const entries = await page.$$eval(`${MENU}[href]`, (links) =>
            links.map(({ href }) => href),
          );
          assert.ok(entries.length > 1, "there is no menu");
          for (const entry of entries) {
            await visit(page, site.home);
            await openMenu(page);
            await follow(page, `${MENU}[href="${new URL(entry).pathname}"]`);
            assert.equal(page.url(), entry);
            const current = await page.$$eval('header [aria-current="page"]', (links) =>
              links.map(({ href }) => href),
            );
            assert.ok(current.includes(entry), `${entry} is not marked as the current page`);
          }
        },
      );

      const [first] = site.pages.filter(({ path, kind }) => kind === "page" && path.includes("/"));
      from(first.path, "forward and back again", async (page) => {
        const hasNext = (await page.$('main a[rel="next"]')) !== null;
        const [there, back] = hasNext ? ["next", "prev"] : ["prev", "next"];
        await follow(page, `main a[rel="${there}"]`);
        assert.notEqual(page.url(), site.url(first.path));
        await follow(page, `main a[rel="${back}"]`);
        assert.equal(page.url(), site.url(first.path));
      });

      from(first.path, "the breadcrumbs lead up to the home page", async (page) => {
        const crumbs = 'nav[aria-label*="readcrumb"] a';
        await follow(page, `${crumbs}[href]`);
        assert.equal(page.url(), site.home);
        await visit(page, site.url(first.path));
        const up = await page.$$eval(crumbs, (links) => links.map(({ href }) => href));
        for (const href of up) {
          const response = await visit(page, href);
          assert.equal(response.status(), 200, href);
        }
      });
    });
  }
}

/** Unfolds what hides the menu, if anything does. */
async function openMenu(page) {
  const popover = "button[popovertarget]:not([popovertargetaction=hide])";
  const openers = `header :is(${popover}, button[aria-expanded=false], summary)`;
  for (const opener of await page.$$(openers)) {
    if (await opener.isVisible()) await opener.click();
  }
}

/** Clicks the first visible element that fits, as a person would, and waits for the page. */
async function follow(page, selector) {
  for (const link of await page.$$(selector)) {
    if (!(await link.isVisible())) continue;
    await Promise.all([page.waitForNavigation(), link.click()]);
    return;
  }
  assert.fail(`nothing to click on ${page.url()}: ${selector}`);
}
