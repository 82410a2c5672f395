// Debian's Chromium, headless, and a page in it that remembers all that went wrong.

import { existsSync } from "node:fs";
import { after } from "node:test";
import puppeteer from "puppeteer-core";

/** The browser under test: `CHROMIUM`, else where Debian puts it. */
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** As a phone, a small tablet and a screen have them, and the narrowest that WCAG asks for. */
export const WIDTHS = [320, 375, 768, 1440];
export const NARROW = 375;
export const WIDE = 1440;
export const SCHEMES = ["light", "dark"];

/** Starts the browser; it is stopped when the tests of the file are over. */
export async function startBrowser() {
  if (!existsSync(CHROMIUM)) throw new Error(`no ${CHROMIUM}: install chromium, or set CHROMIUM`);
  const browser = await puppeteer.launch({
    executablePath: CHROMIUM,
    // Chromium has no sandbox for root, which CI often is. Only our own pages are opened.
    args: process.getuid() === 0 ? ["--no-sandbox", "--disable-quic"] : ["--disable-quic"],
    protocolTimeout: 60_000,
  });
  after(() => browser.close());
  return browser;
}

/**
 * A new page of its own, with nothing remembered from others.
 *
 * `page.problems` fills with what went wrong: errors and warnings on the console, failed requests,
 * and requests to anyone but the origins it was sent to with `visit`.
 */
export async function newPage(browser, { scheme = "light", width = WIDE, script = true } = {}) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.setJavaScriptEnabled(script);
  await page.setViewport({ width, height: 900 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  watch(page);
  return page;
}

/** Runs `use` with a new page, and closes it. */
export async function withPage(browser, options, use) {
  const page = await newPage(browser, options);
  try {
    return await use(page);
  } finally {
    await page.browserContext().close();
  }
}

/** Goes to a URL and waits until it is loaded. Gives the response. */
export async function visit(page, url) {
  page.origin = new URL(url).origin;
  return page.goto(url, { waitUntil: "load" });
}

function watch(page) {
  page.problems = [];
  const problem = (text) => page.problems.push(`${text} (on ${page.url()})`);
  page.on("console", (message) => {
    if (["error", "warn"].includes(message.type())) problem(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => problem(`script error: ${error.message}`));
  page.on("requestfailed", (request) => {
    // The server's news end when their page is left.
    if (request.resourceType() === "eventsource") return;
    problem(`${request.url()} failed: ${request.failure()?.errorText}`);
  });
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol !== "data:" && origin !== page.origin) problem(`asks ${request.url()}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) problem(`${response.url()} is ${response.status()}`);
  });
}
