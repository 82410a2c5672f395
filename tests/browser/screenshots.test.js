// Pictures of each kind of page, light and dark, wide and narrow, for people to look at: they and
// an index.html that shows them all are left in target/screenshots/.

import assert from "node:assert/strict";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, it } from "node:test";

import { NARROW, SCHEMES, WIDE, startBrowser, visit, withPage } from "./harness/browser.js";
import { EXAMPLES, ROOT, builtExample, oneOfEachKind } from "./harness/sites.js";

const FOLDER = join(ROOT, "target/screenshots");
/** Most pages fit; the rest of a longer one looks like its beginning. */
const HEIGHT = 2400;

const browser = await startBrowser();
const taken = [];

await rm(FOLDER, { recursive: true, force: true });
await mkdir(FOLDER, { recursive: true });
after(() => writeFile(join(FOLDER, "index.html"), contactSheet()));

for (const example of EXAMPLES) {
  const site = await builtExample(example);
  for (const { path, kind } of oneOfEachKind(site.pages)) {
    it(`${example}, ${kind}`, async () => {
      const names = [];
      for (const width of [WIDE, NARROW]) {
        const [light, dark] = await Promise.all(
          SCHEMES.map(async (scheme) => {
            const name = `${example}-${kind}-${scheme}-${width}.png`;
            names.push(name);
            return picture(site.url(path), { scheme, width }, join(FOLDER, name));
          }),
        );
        assert.ok(!light.equals(dark), "light and dark look the same");
      }
      taken.push({ title: `${example}: ${kind}, /${path}`, names });
    });
  }
}

function picture(url, options, file) {
  return withPage(browser, options, async (page) => {
    await visit(page, url);
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    const clip = { x: 0, y: 0, width: options.width, height: Math.min(height, HEIGHT) };
    return Buffer.from(await page.screenshot({ path: file, clip, captureBeyondViewport: true }));
  });
}

function contactSheet() {
  const rows = taken.map(({ title, names }) => {
    const images = names.map((name) => `<a href="${name}"><img src="${name}" alt="${name}"></a>`);
    return `<h2>${title}</h2>\n<p>${images.join("\n")}</p>\n`;
  });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Pages of the examples</title>
<style>
  body { font: 1rem sans-serif; background: #888 }
  p { display: flex; gap: 1rem; align-items: start }
  img { max-width: 100%; max-height: 40rem; display: block }
</style>
${rows.join("")}`;
}
