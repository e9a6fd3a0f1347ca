import { gzipSync } from "node:zlib";

import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** Writes `.gz` files for servers that do not compress themselves, such as that of `make demo`. */
const gzip: Plugin = {
  name: "gzip",
  generateBundle: {
    // Vite completes the chunks in this hook, too.
    order: "post",
    handler(_, bundle) {
      for (const file of Object.values(bundle)) {
        const source = gzipSync(file.type === "chunk" ? file.code : file.source);
        this.emitFile({ type: "asset", fileName: `${file.fileName}.gz`, source });
      }
    },
  },
};

export default defineConfig(({ mode }) => ({
  plugins: [react(), gzip],
  build: {
    outDir: "dist",
    license: { fileName: "licenses.md" },
    // `vite build --mode gallery` builds the gallery in place of the page.
    ...(mode === "gallery" && { rolldownOptions: { input: "gallery.html" } }),
    // livekit-client is most of the bundle; a second chunk would add a round trip before
    // connecting.
    chunkSizeWarningLimit: 1200,
  },
  test: {
    environment: "happy-dom",
    setupFiles: ["src/test/setup.ts"],
    restoreMocks: true,
    // The files share one page and one copy of the modules: that takes a sixth of the time.
    pool: "threads",
    isolate: false,
    // A busy machine is slow.
    testTimeout: 30_000,
  },
}));
