import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig(({ mode }) => ({
  plugins: [react()],
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
