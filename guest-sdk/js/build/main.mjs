/**
 * Builds a component of a JavaScript or TypeScript file:
 *
 *     main.mjs --entry src/app.ts --out app.wasm [--wit DIR] [--modules node_modules] [--inputs FILE]
 *
 * The file of `--inputs` is given the absolute paths of the author's files that it read, one a line.
 * Errors go to stderr as `file:line:column: error: text`, and end it with 1; so does its progress, in short lines.
 */

import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { BuildError, bundle } from "./bundle.mjs";
import { component } from "./component.mjs";
import { evaluate } from "./evaluate.mjs";

const USAGE = "usage: dacapo-js --entry FILE --out FILE.wasm [--wit DIR] [--modules NODE_MODULES] [--inputs FILE]";

async function main() {
    const { entry, out, wit = defaultWit(), modules, inputs } = options();
    const bundled = await bundle({ entry, modules });
    const roles = [...evaluate(bundled).roles()];
    if (roles.length === 0) {
        throw new BuildError([
            `${entry}:1:1: error: it defines no function: call activity(), orchestrator() or entity()`,
        ]);
    }
    say(`bundled ${entry}: ${size(bundled.code.length)}; ${roles.join(", ")}`);
    const bytes = await component(bundled, { roles, wit, modules });
    fs.mkdirSync(path.dirname(path.resolve(out)), { recursive: true });
    fs.writeFileSync(out, bytes);
    if (inputs !== undefined) fs.writeFileSync(inputs, bundled.inputs.map((file) => `${file}\n`).join(""));
    say(`wrote ${out}: ${size(bytes.length)}`);
}

function options() {
    const text = { type: "string" };
    try {
        const { values } = parseArgs({
            options: { entry: text, out: text, wit: text, modules: text, inputs: text },
        });
        if (values.entry !== undefined && values.out !== undefined) return values;
    } catch (error) {
        throw new BuildError([`error: ${error.message}`, USAGE]);
    }
    throw new BuildError([USAGE]);
}

/** The folder that the package brings. */
function defaultWit() {
    return path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), "wit");
}

function say(line) {
    process.stderr.write(`${line}\n`);
}

function size(bytes) {
    return bytes < 1 << 20 ? `${(bytes / 1024).toFixed(0)} KiB` : `${(bytes / (1 << 20)).toFixed(2)} MiB`;
}

try {
    await main();
} catch (error) {
    const lines = error instanceof BuildError ? error.messages : [`error: ${error?.message ?? error}`];
    lines.forEach(say);
    process.exitCode = 1;
}
