// The page that `bengal perf --html` writes, of histories of few and of many builds: nothing fails in it,
// nothing is fetched, nothing is wider than the window, and axe-core finds no fault.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";

import { NARROW, SCHEMES, WIDE, WIDTHS, startBrowser, visit, withPage } from "./harness/browser.js";
import { axeFaults, none, overflowing } from "./harness/checks.js";
import { serve } from "./harness/server.js";
import { BENGAL, ROOT, copyOfExample, temporaryFolder } from "./harness/sites.js";

const run = promisify(execFile);
const COUNTS = [1, 2, 20, 1000];

const browser = await startBrowser();
const folder = await temporaryFolder();
const home = await serve(folder, "/");
const measured = await measuredBuild();
for (const count of COUNTS) await writePage(count);

for (const count of COUNTS) {
  for (const scheme of SCHEMES) {
    it(`${count} builds, ${scheme}`, () =>
      withPage(browser, { scheme }, async (page) => {
        await visit(page, pageOf(count));
        none([...page.problems, ...(await faultsAtEachWidth(page, `${count}-${scheme}`))]);
      }));
  }
}

describe("what the page says", () => {
  it("is there without script, and asks for nothing", () =>
    withPage(browser, { script: false }, async (page) => {
      const asked = [];
      page.on("request", (request) => asked.push(new URL(request.url()).pathname));
      await visit(page, pageOf(20));
      assert.deepEqual(asked, ["/20.html"]);
    }));

  it("shows the slower builds and lists their beginning", () =>
    withPage(browser, {}, async (page) => {
      await visit(page, pageOf(20));
      const listed = await page.$$eval("li .worse", (items) => items.map((item) => item.textContent));
      assert.equal(listed.length, 1);
      assert.match(listed[0], /^\+4\d\.\d%$/);
      // The mark of it stands at its column, whatever the width: the 15th of 20 builds.
      const place = await page.$eval(".mark", (mark) => {
        const area = mark.parentElement.getBoundingClientRect();
        const { left, width } = mark.getBoundingClientRect();
        return (left + width / 2 - area.left) / area.width;
      });
      assert.ok(Math.abs(place - 14 / 19) < 0.01, `${place}`);
    }));

  it("has a table for each drawing", () =>
    withPage(browser, {}, async (page) => {
      await visit(page, pageOf(20));
      await page.click("summary");
      const rows = await page.$$eval("table", (tables) => tables.map((table) => table.rows.length));
      assert.equal(rows.length, 3);
      assert.equal(rows[0], 21);
      assert.equal(rows[2], 21);
    }));
});

function pageOf(count) {
  return new URL(`${count}.html`, home).href;
}

/** The record of a real build. */
async function measuredBuild() {
  const site = await copyOfExample("blog");
  await run(BENGAL, ["build", site, "--quiet"]);
  return JSON.parse(await readFile(join(site, ".bengal-metrics/latest.json"), "utf8"));
}

/** Writes the page of a history of `count` builds, the last third of which is slower. */
async function writePage(count) {
  const history = await temporaryFolder();
  const builds = Array.from({ length: count }, (_, index) => {
    const factor = (1 + ((index * 7) % 5) / 500) * (index >= count * 0.7 ? 1.4 : 1);
    const time = new Date(Date.UTC(2026, 0, 1) + index * 3_600_000).toISOString();
    const id = `${time.slice(0, 10).replaceAll("-", "")}-${String(index).padStart(6, "0")}`;
    const build_time_ms = 400 * factor;
    return { ...measured, build_id: id, timestamp: time, build_time_ms, pages_rendered: 2000 };
  });
  const lines = builds.map((build) => `${JSON.stringify(build)}\n`);
  await writeFile(join(history, "history.jsonl"), lines.join(""));
  await run(BENGAL, ["perf", "--history", history, "--html", join(folder, `${count}.html`)]);
}

async function faultsAtEachWidth(page, name) {
  const faults = [];
  for (const width of WIDTHS) {
    await page.setViewport({ width, height: 900 });
    const found = await overflowing(page);
    // What is folded or scrolls differs between the two.
    if ([NARROW, WIDE].includes(width)) {
      found.push(...(await axeFaults(page)));
      await picture(page, `${name}-${width}`);
    }
    faults.push(...found.map((fault) => `at ${width} px: ${fault}`));
  }
  return faults;
}

/** For your eyes. */
async function picture(page, name) {
  const pictures = join(ROOT, "target/perf-page");
  await mkdir(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}
