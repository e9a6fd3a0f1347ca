/**
 * `npm run build:lib`: build the library into lib/, as ES modules with types and one stylesheet.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const here = new URL("./", import.meta.url);

/**
 * The stylesheet that is published as `styles.css`: the files that styles/index.css imports, in
 * order.
 */
export function bundleStyles() {
  const index = new URL("src/styles/index.css", here);
  const imports = [...readFileSync(index, "utf8").matchAll(/^@import "(.+)";$/gm)];
  return imports.map(([, path]) => readFileSync(new URL(path, index), "utf8")).join("\n");
}

function build() {
  rmSync(new URL("lib", here), { recursive: true, force: true });
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.lib.json"], {
    cwd: here,
    stdio: "inherit",
  });
  if (status === 0) {
    writeFileSync(new URL("lib/styles.css", here), bundleStyles());
    // TypeScript 6 wants types for an import of a stylesheet.
    writeFileSync(new URL("lib/styles.css.d.ts", here), "export {};\n");
    // npm packs the licence only from the package's own folder.
    copyFileSync(new URL("../LICENSE", here), new URL("LICENSE", here));
  }
  process.exitCode = status ?? 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) build();
