// The pages: `/` (chat), `/desk` (console) and `/widget` (the chat inside a site's iframe), built into ../static.
// `widget.js`, which a site embeds, is a classic script and has a build of its own: vite.widget.config.ts.
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import { leanDescriptors } from "./lean_descriptors.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Browsers of 2024 and later: `light-dark()`, `:has()` and `<dialog>` are there. */
export const BROWSERS = ["chrome123", "firefox121", "safari17.5"];

/** Where `npm run dev` finds a gateway. */
const gateway = process.env["KEFU_GATEWAY"] ?? "http://127.0.0.1:8080";

/** Leaves Connect's JSON half out: see src/shared/binary-protobuf.ts. */
const binaryOnly: Plugin = {
  name: "kefu:binary-only",
  apply: "build",
  enforce: "pre",
  resolveId: (source, importer) =>
    source === "@bufbuild/protobuf" && importer?.includes("/@connectrpc/") ? here("src/shared/binary-protobuf.ts") : null,
};

/** Writes licenses.txt: what the pages hold of others, and on which terms, as those ask for. */
const licenses: Plugin = {
  name: "kefu:licenses",
  apply: "build",
  generateBundle(_options, bundle) {
    const folders = new Set<string>();
    for (const output of Object.values(bundle)) {
      for (const id of output.type === "chunk" ? Object.keys(output.modules) : []) {
        const found = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id);
        if (found) folders.add(found[0].replace(/^\0/, ""));
      }
    }
    const told = [...folders].sort().map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
      const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
      return `${name} ${version} (${license.replace(/^\(|\)$/g, "")})\n\n${file ? readFileSync(`${folder}/${file}`, "utf8").trim() : ""}`.trim();
    });
    this.emitFile({ type: "asset", fileName: "licenses.txt", source: `${told.join(`\n\n${"-".repeat(80)}\n\n`)}\n` });
  },
};

export default defineConfig({
  appType: "mpa",
  plugins: [binaryOnly, leanDescriptors, licenses],
  resolve: { alias: { "@kefu/client": here("client/src/index.ts") } },
  build: {
    outDir: "../static",
    emptyOutDir: true,
    target: BROWSERS,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // the pages' content security policy allows no data: addresses
    rolldownOptions: {
      input: { chat: here("index.html"), desk: here("desk.html"), widget: here("widget.html") },
    },
  },
  server: { proxy: { "^/(api|kefu\\.|v1/)": gateway } },
  test: { environment: "jsdom", include: ["tests/**/*.test.ts", "tests/**/*.test.tsx"] },
});
