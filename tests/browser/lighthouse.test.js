// Lighthouse, as it judges pages for phones, on the home page and a page of each example.
//
// Accessibility, best practices and SEO must be perfect. The performance score times the machine
// that the test runs on, so it is printed, and asserted only with BENGAL_LIGHTHOUSE_PERFORMANCE=99
// (or another least score) on a machine that is otherwise idle. What it rests on is asserted
// always: bytes, what holds up the first paint, what moves, what is loaded and not used.

import assert from "node:assert/strict";
import { it } from "node:test";
import lighthouse from "lighthouse";

import { newPage, startBrowser } from "./harness/browser.js";
import { EXAMPLES, builtExample, oneOfEachKind } from "./harness/sites.js";

const LEAST_PERFORMANCE = Number(process.env.BENGAL_LIGHTHOUSE_PERFORMANCE ?? 0);
/** A page with its style sheet and all, compressed. */
const MOST_BYTES = 60_000;
/** The script that sets the theme, the style sheet, and that of highlighted code. */
const MOST_BLOCKING = 3;
/** A tenth of what counts as good. */
const MOST_SHIFT = 0.01;

const browser = await startBrowser();

for (const example of EXAMPLES) {
  const site = await builtExample(example);
  const samples = oneOfEachKind(site.pages).filter(({ kind }) => ["home", "page"].includes(kind));
  for (const { path } of samples) {
    it(`${example}, /${path}`, async (test) => {
      const result = await judge(site.url(path));
      test.diagnostic(`performance ${performanceOf(result)}`);
      assertPerfect(result);
      assertLight(result);
      assert.ok(performanceOf(result) >= LEAST_PERFORMANCE);
    });
  }
}

async function judge(url) {
  const page = await newPage(browser);
  const { lhr } = await lighthouse(url, { logLevel: "error" }, undefined, page);
  await page.browserContext().close();
  assert.equal(lhr.runtimeError, undefined);
  return lhr;
}

function performanceOf({ categories }) {
  return Math.round(categories.performance.score * 100);
}

function assertPerfect({ categories, audits }) {
  for (const category of ["accessibility", "best-practices", "seo"]) {
    const { score, auditRefs } = categories[category];
    const wrong = auditRefs.filter(({ id, weight }) => weight > 0 && audits[id].score < 1);
    const faults = wrong.map(({ id }) => `${audits[id].title}: ${details(audits[id])}`);
    assert.equal(score, 1, `${category}: ${faults.join("\n")}`);
  }
}

function assertLight({ audits }) {
  const bytes = audits["total-byte-weight"].numericValue;
  assert.ok(bytes <= MOST_BYTES, `${bytes} bytes`);
  const blocking = audits["render-blocking-resources"].details.items;
  assert.ok(blocking.length <= MOST_BLOCKING, JSON.stringify(blocking));
  const shift = audits["cumulative-layout-shift"].numericValue;
  assert.ok(shift <= MOST_SHIFT, `layout shift ${shift}`);
  for (const audit of ["unused-javascript", "unused-css-rules", "unsized-images"]) {
    assert.notEqual(audits[audit].score, 0, `${audit}: ${details(audits[audit])}`);
  }
}

function details(audit) {
  return JSON.stringify(audit.details?.items ?? audit.displayValue ?? audit.score);
}
