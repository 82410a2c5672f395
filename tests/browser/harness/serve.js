// `bengal serve`, started for a test.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after } from "node:test";

import { BENGAL } from "./sites.js";

/**
 * Serves the site in `folder` on a free port; gives the URL of its home page. The server is stopped
 * when the tests of the file are over, as Ctrl-C would.
 */
export async function serveSite(folder) {
  const options = ["serve", folder, "--port", "0", "--message-format", "json"];
  const server = spawn(BENGAL, options, { stdio: ["ignore", "pipe", "inherit"] });
  after(async () => {
    server.kill("SIGINT");
    if (server.exitCode === null) await once(server, "exit");
  });
  const lines = createInterface({ input: server.stdout });
  return new Promise((serving, failed) => {
    lines.on("line", (line) => {
      const message = JSON.parse(line);
      if (message.reason === "serving") serving(message.url);
    });
    lines.on("close", () => failed(new Error(`bengal serve ${folder} ended before it served`)));
  });
}
