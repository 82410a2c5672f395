// Every link of every page leads somewhere, at the root of a host and under a path of it.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { startBrowser, visit, withPage } from "./harness/browser.js";
import { none } from "./harness/checks.js";
import { EXAMPLES, builtExample } from "./harness/sites.js";

const browser = await startBrowser();

for (const example of EXAMPLES) {
  for (const prefix of ["/", "/sub/path/"]) {
    const site = await builtExample(example, prefix);
    describe(`${example} under ${prefix}`, () => {
      it("every page is reached from the home page, and no link is broken", () =>
        withPage(browser, {}, async (page) => {
          const { read, faults } = await crawl(page, site);
          const missed = site.pages.filter(({ path, kind }) => kind !== "404" && !read.has(path));
          none([...faults, ...missed.map(({ path }) => `nothing leads to /${path}`)]);
        }));

      it("what is not there is answered with the 404 page, whole", () =>
        withPage(browser, {}, async (page) => {
          const address = site.url("no/such/page/");
          const response = await visit(page, address);
          assert.equal(response.status(), 404);
          none(page.problems.filter((problem) => !isOf(address, problem)));
          await Promise.all([page.waitForNavigation(), page.click(`a[href="${prefix}"]`)]);
          assert.equal(page.url(), site.home);
        }));
    });
  }
}

/** Is the problem that the page itself is a 404? */
function isOf(address, problem) {
  return problem.startsWith(address) || problem.startsWith("console: Failed to load resource");
}

/**
 * Follows all links from the home page on. Gives the paths of the pages read, and what is wrong
 * with links (broken, out of the site, to a heading that is not there) and with loading the pages.
 */
async function crawl(page, site) {
  const known = new Set(site.pages.map(({ path }) => path));
  const read = new Map();
  const faults = [];
  const links = [{ from: "nowhere", to: site.home }];
  for (const { from, to } of links) {
    const [address] = to.split("#");
    const path = address.slice(site.home.length);
    if (!address.startsWith(site.home)) {
      faults.push(`${from}: ${to} is outside of the site`);
    } else if (!known.has(path)) {
      const { status } = await fetch(address);
      if (status !== 200) faults.push(`${from}: ${to} is ${status}`);
    } else if (!read.has(path)) {
      await visit(page, address);
      read.set(path, await idsOf(page));
      links.push(...(await internalLinks(page)));
    }
  }
  const heading = ({ to }) => decodeURIComponent(new URL(to).hash.slice(1));
  const lost = links.filter((link) => {
    const ids = read.get(link.to.split("#")[0].slice(site.home.length));
    return ids && heading(link) !== "" && !ids.has(heading(link));
  });
  faults.push(...lost.map(({ from, to }) => `${from}: nothing has the id of ${to}`));
  return { read, faults: [...faults, ...page.problems] };
}

async function idsOf(page) {
  return new Set(await page.$$eval("[id]", (elements) => elements.map(({ id }) => id)));
}

async function internalLinks(page) {
  const addresses = await page.$$eval("a[href]", (elements) => elements.map(({ href }) => href));
  const from = page.url();
  return addresses.filter((to) => new URL(to).origin === page.origin).map((to) => ({ from, to }));
}
