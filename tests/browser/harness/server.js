// Serves a folder on a free port of 127.0.0.1, under a path of one's choice, as a plain web host
// does: a folder's index.html, compressed text, and the site's own 404 page for what is not there.
//
// Nothing outside the path is answered, so a link that leaves it is seen as broken.

import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".gif": "image/gif",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".jpg": "image/jpeg",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".webp": "image/webp",
  ".woff2": "font/woff2",
  ".xml": "application/xml",
};

/** Serves `directory` under `prefix` ("/" or "/sub/path/"); gives the URL of its home page. */
export async function serve(directory, prefix) {
  const server = createServer((request, response) =>
    answer(directory, prefix, request, response).catch((error) => {
      response.writeHead(500).end(String(error));
    }),
  );
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  // A test that is over ends, whether or not it stopped its server.
  server.unref();
  return `http://127.0.0.1:${server.address().port}${prefix}`;
}

async function answer(directory, prefix, request, response) {
  const path = decodeURIComponent(new URL(request.url, "http://host").pathname);
  if (!path.startsWith(prefix)) return send(response, 404, ".txt", "outside the site");
  const file = join(directory, path.slice(prefix.length));
  const found = (await isFile(file)) ? file : join(file, "index.html");
  if (!(await isFile(found))) {
    return send(response, 404, ".html", await readFile(join(directory, "404.html")));
  }
  if (found !== file && !path.endsWith("/")) {
    return response.writeHead(301, { location: `${encodeURI(path)}/` }).end();
  }
  return send(response, 200, extname(found), await readFile(found));
}

function send(response, status, extension, body) {
  const type = TYPES[extension] ?? "application/octet-stream";
  const headers = { "content-type": type, "cache-control": "max-age=31536000" };
  const text = /^text|json|xml/.test(type);
  if (text) headers["content-encoding"] = "gzip";
  response.writeHead(status, headers).end(text ? gzipSync(body) : body);
}

async function isFile(path) {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
