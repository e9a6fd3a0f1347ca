/**
 * `npm run build:element`: build `<training-greeter>` into dist/greeter.js, one script with React,
 * LiveKit and the styles, and its integrity for `<script integrity>` into dist/greeter.json.
 */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { build } from "vite";

const here = new URL("./", import.meta.url);
const dist = new URL("dist/", here);
const { name, version, license } = JSON.parse(readFileSync(new URL("package.json", here), "utf8"));
/** The licences of React and LiveKit ask for their text to be passed on with every copy. */
const licences = "greeter.licenses.md";

await build({
  root: fileURLToPath(here),
  configFile: false,
  logLevel: "warn",
  define: { "process.env.NODE_ENV": '"production"' },
  build: {
    outDir: "dist",
    emptyOutDir: false,
    sourcemap: true,
    license: { fileName: licences },
    rolldownOptions: {
      output: { postBanner: `/*! ${name} ${version}, ${license}; contains: ${licences} */` },
    },
    lib: {
      entry: "src/element/greeterElement.tsx",
      formats: ["iife"],
      name: "TrainingGreeter",
      fileName: () => "greeter.js",
    },
  },
});

const script = readFileSync(new URL("greeter.js", dist));
writeFileSync(new URL("greeter.js.gz", dist), gzipSync(script, { level: 9 }));
const digest = createHash("sha384").update(script).digest();
const manifest = {
  version,
  /** The script under a name that changes with its content. */
  file: `greeter-${version}-${digest.toString("hex").slice(0, 12)}.js`,
  integrity: `sha384-${digest.toString("base64")}`,
};
writeFileSync(new URL("greeter.d.ts", dist), "export {};\n");
writeFileSync(new URL("greeter.json", dist), `${JSON.stringify(manifest, null, 2)}\n`);
