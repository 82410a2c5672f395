// How long it takes from saving a file to the page, loaded anew, of a site of 1,000 pages under
// `bengal serve`. The figure is printed; only that each edit arrives is asserted, as the time is the
// machine's and the build's (a debug build takes several times as long).

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { appendFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { it } from "node:test";
import { promisify } from "node:util";

import { startBrowser, visit, withPage } from "./harness/browser.js";
import { serveSite } from "./harness/serve.js";
import { BENGAL, ROOT, temporaryFolder } from "./harness/sites.js";

const PAGES = 1_000;
const EDITS = 21;
const BENCH = process.env.BENGAL_BENCH ?? join(ROOT, "target/debug/bengal-bench");

it(`from edit to reloaded page, ${PAGES} pages`, async (test) => {
  const folder = join(await temporaryFolder(), "site");
  await promisify(execFile)(BENCH, ["site", folder, "--pages", `${PAGES}`, "--seed", "1"]);
  const home = await serveSite(folder);
  const browser = await startBrowser();
  const times = await withPage(browser, {}, (page) => timeEdits(page, home, folder));
  times.sort((one, other) => one - other);
  const [least, median, greatest] = [0, EDITS >> 1, EDITS - 1].map((at) => times[at].toFixed(0));
  test.diagnostic(`${median} ms (${least} … ${greatest}) over ${EDITS} edits with ${BENGAL}`);
});

async function timeEdits(page, home, folder) {
  const content = await readdir(join(folder, "content"), { recursive: true });
  const file = content.filter((name) => /(^|[/\\])[^_/\\][^/\\]*\.md$/.test(name)).sort()[0];
  await visit(page, new URL(file.replace(/\.md$/, "/"), home).href);
  const times = [];
  for (let edit = 0; edit < EDITS; edit += 1) {
    // Longer than the server waits for further changes, and not in step with it.
    await new Promise((later) => setTimeout(later, 300 + 37 * (edit % 7)));
    const loaded = page.waitForNavigation({ waitUntil: "load" });
    const start = performance.now();
    await appendFile(join(folder, "content", file), `\nEdit ${edit}.\n`);
    await loaded;
    times.push(performance.now() - start);
    const text = await page.evaluate("document.body.innerText");
    assert.ok(text.includes(`Edit ${edit}.`), `edit ${edit} is not in the page`);
  }
  return times;
}
