// The example sites, built with the bengal under test and served.
//
// Every folder of examples/ with content/ in it is one. It is copied first, so that tests leave
// nothing in the repository, and built with --strict: a warning fails the tests.

import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, readdir, rm, stat } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { serve } from "./server.js";

const run = promisify(execFile);

/** The repository. */
export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** The binary under test: `BENGAL`, else what `cargo build` makes. */
export const BENGAL = process.env.BENGAL ?? join(ROOT, "target/debug/bengal");

/** The names of the example sites. */
export const EXAMPLES = (await readdir(join(ROOT, "examples"))).filter((name) =>
  existsSync(join(ROOT, "examples", name, "content")),
);

/** A new folder, which is removed when the tests of the file are over. */
export async function temporaryFolder() {
  const folder = await mkdtemp(join(tmpdir(), "bengal-browser-"));
  after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Copies an example without what builds left in it; gives the copy's folder. */
export async function copyOfExample(name) {
  const copy = join(await temporaryFolder(), name);
  const original = join(ROOT, "examples", name);
  const wanted = (path) => !/^(public|\.bengal.*)$/.test(relative(original, path).split(sep)[0]);
  await cp(original, copy, { recursive: true, filter: wanted });
  return copy;
}

/**
 * Builds an example and serves it under `prefix`.
 *
 * Gives `{ name, home, pages, url }`: its pages as `{ path, kind, bytes }`, and what makes the whole
 * URL of such a path.
 */
export async function builtExample(name, prefix = "/") {
  const source = await copyOfExample(name);
  const output = await temporaryFolder();
  const home = await serve(output, prefix);
  await run(BENGAL, ["build", source, "-o", output, "--base-url", home, "--strict", "--quiet"]);
  const pages = await pagesIn(output, source);
  return { name, home, pages, url: (path) => new URL(path, home).href };
}

/** The longest page of each kind: it has most of what pages of the kind can have. */
export function oneOfEachKind(pages) {
  const longest = new Map();
  for (const page of pages) {
    if (page.bytes > (longest.get(page.kind)?.bytes ?? 0)) longest.set(page.kind, page);
  }
  return [...longest.values()];
}

async function pagesIn(output, source) {
  const files = await readdir(output, { recursive: true });
  const taxonomies = await taxonomiesOf(source);
  const pages = files.filter((file) => file.endsWith(".html")).sort();
  return Promise.all(
    pages.map(async (file) => {
      const path = file
        .split(sep)
        .join("/")
        .replace(/(^|\/)index\.html$/, "$1");
      const { size: bytes } = await stat(join(output, file));
      return { path, bytes, kind: kindOf(path, taxonomies, join(source, "content", path)) };
    }),
  );
}

/** The names under `taxonomies:`, which the examples write one a line, or else the usual two. */
async function taxonomiesOf(source) {
  const config = await readFile(join(source, "bengal.yaml"), "utf8");
  const listed = /^taxonomies:\n((?: {2}.*\n)+)/m.exec(config)?.[1].match(/^ {2}\w+/gm);
  return (listed ?? ["tags", "categories"]).map((name) => name.trim());
}

/** What kind of page is at a path of the output; `folder` would be its folder of the content. */
function kindOf(path, taxonomies, folder) {
  if (path === "") return "home";
  if (path === "404.html") return "404";
  if (/(^|\/)page\/\d+\/$/.test(path)) return "paginated";
  const [first, second] = path.split("/");
  if (taxonomies.includes(first)) return second === "" ? "taxonomy" : "term";
  return existsSync(folder) && !existsSync(join(folder, "index.md")) ? "section" : "page";
}
