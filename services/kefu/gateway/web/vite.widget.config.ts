// widget.js: one classic script without imports, under a fixed name, since sites embed it by its address.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { BROWSERS } from "./vite.config.ts";

export default defineConfig({
  build: {
    outDir: "../static",
    emptyOutDir: false,
    copyPublicDir: false,
    target: BROWSERS,
    lib: {
      entry: fileURLToPath(new URL("src/widget/main.ts", import.meta.url)),
      name: "KefuWidget",
      formats: ["iife"],
      fileName: () => "widget.js",
    },
  },
});
