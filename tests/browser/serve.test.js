// What one sees in the browser of `bengal serve` while one writes: the page comes anew, styles change
// in place, and what is wrong is shown over the page until it is put right.

import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";

import { startBrowser, visit, withPage } from "./harness/browser.js";
import { axeFaults, none } from "./harness/checks.js";
import { serveSite } from "./harness/serve.js";
import { temporaryFolder } from "./harness/sites.js";

const PAGE = "content/notes/first.md";
const STYLES = "static/own.css";
const TEMPLATE = "templates/partials/aside.liquid";

/** Where the server's script shows problems. */
const PANEL = "#bengal-problems";

const FILES = {
  "bengal.yaml": "title: Notes\n",
  [PAGE]: "---\ntitle: First\n---\nThe old words.\n",
  [STYLES]: "main { color: rgb(1, 2, 3) }\n",
  [TEMPLATE]: "<p id=aside>The old aside.</p>\n",
  "templates/page.liquid": `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ page.title }}</title>
<link rel="stylesheet" href="/own.css"><link rel="icon" href="data:,"></head>
<body><main><h1>{{ page.title }}</h1>{{ page.content }}{% include aside %}</main></body></html>
`,
};

const browser = await startBrowser();
const folder = await temporaryFolder();
for (const [file, text] of Object.entries(FILES)) await write(file, text);
const url = new URL("notes/first/", await serveSite(folder)).href;

describe("bengal serve", () => {
  /** A test that begins with the page open, and in which nothing may go wrong. */
  const open = (name, use) =>
    it(name, () =>
      withPage(browser, {}, async (page) => {
        await visit(page, url);
        await use(page);
        none(page.problems);
      }),
    );

  open("a page that is edited comes anew", async (page) => {
    await edit(PAGE, "old words", "new words");
    await shows(page, "The new words.");
    await edit(PAGE, "new words", "old words");
    await shows(page, "The old words.");
  });

  open("a template that is edited changes the page", async (page) => {
    await edit(TEMPLATE, "old aside", "new aside");
    await shows(page, "The new aside.");
  });

  open("styles change without the page being loaded anew", async (page) => {
    await page.evaluate(() => (globalThis.marker = "the same page"));
    await edit(STYLES, "rgb(1, 2, 3)", "rgb(4, 5, 6)");
    await page.waitForFunction(
      () => getComputedStyle(document.querySelector("main")).color === "rgb(4, 5, 6)",
    );
    assert.equal(await page.evaluate("globalThis.marker"), "the same page");
  });

  for (const [what, file, right, wrong] of [
    ["front matter", PAGE, "title: First", "title: First: of two"],
    ["a template", TEMPLATE, "<p id=aside>", "<p id=aside>{% if %}"],
  ]) {
    open(`what is wrong with ${what} is shown, until it is put right`, async (page) => {
      await edit(file, right, wrong);
      try {
        const text = await problems(page);
        assert.ok(text.includes(file), text);
        assert.ok(text.includes(wrong), `no excerpt in: ${text}`);
        none(await axeFaults(page));
      } finally {
        await edit(file, wrong, right);
      }
      await page.waitForSelector(PANEL, { hidden: true });
      await shows(page, "The old words.");
    });
  }
});

async function write(file, text) {
  await mkdir(join(folder, file, ".."), { recursive: true });
  await writeFile(join(folder, file), text);
}

async function edit(file, from, to) {
  const text = await readFile(join(folder, file), "utf8");
  assert.ok(text.includes(from), `${from} is not in ${file}`);
  await write(file, text.replace(from, to));
}

/** Waits until the page shows `text`. */
function shows(page, text) {
  return page.waitForFunction((text) => document.body.innerText.includes(text), {}, text);
}

/** Waits until problems are shown; gives their text. */
async function problems(page) {
  const panel = await page.waitForSelector(`${PANEL} >>> section`);
  return panel.evaluate((section) => section.innerText);
}
