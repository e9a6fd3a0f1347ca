/** `npm run build:lib`: the components as ES modules with their types, and the styles, in lib/. */
import { spawnSync } from "node:child_process";
import { copyFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";

const here = new URL("./", import.meta.url);
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");

rmSync(new URL("lib", here), { recursive: true, force: true });
const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.lib.json"], {
  cwd: here,
  stdio: "inherit",
});
if (status === 0) copyFileSync(new URL("src/styles.css", here), new URL("lib/styles.css", here));
process.exitCode = status ?? 1;
