/**
 * From an author's entry file to one script: everything that it imports, TypeScript included, and the SDK.
 *
 * The script is the same wherever it runs: in the component, and in a realm of its own under Node for tests and for the
 * question which functions there are. It knows no WIT.
 *
 * Async functions become generators that the SDK's `Promise` runs, because the interpreter's own job queue runs only
 * after an export has returned.
 */

import { builtinModules, createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { inputsOf } from "./inputs.mjs";
import { lineMapOf } from "./lines.mjs";

const SDK = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const ENTRY = "dacapo:entry";
/** The global name of the script. */
export const GLOBAL = "dacapo";

const ALIASES = {
    dacapo: "src/index.js",
    "dacapo/durable-functions": "src/durable-functions.js",
    "durable-functions": "src/durable-functions.js",
    "@azure/functions": "src/azure-functions.js",
};

/** What to use in place of some of Node's own modules. */
const INSTEAD = {
    fs: "an activity has no files: send what it needs as its input",
    "fs/promises": "an activity has no files: send what it needs as its input",
    http: "send requests by cx.callHttp in an orchestrator",
    https: "send requests by cx.callHttp in an orchestrator",
    net: "there are no sockets",
    crypto: "the global crypto has randomUUID and getRandomValues",
    timers: "an orchestrator waits by cx.sleep; activities have the global setTimeout",
    "timers/promises": "an orchestrator waits by cx.sleep; activities have the global setTimeout",
    url: "URL and URLSearchParams are global",
    util: "TextEncoder, TextDecoder and structuredClone are global",
    buffer: "Uint8Array has toBase64 and toHex, and TextEncoder is global",
    process: "there is no process; what a function needs comes with its input",
    child_process: "there are no processes",
    worker_threads: "there are no threads; call several activities at once instead",
};

/** What esbuild puts at the beginning for async functions, in the release that the toolchain has. */
const ASYNC_HELPER = /var __async = \(__this, __arguments, generator\) => \{\n[\s\S]*?\n {2}\};\n/;
const ASYNC_HELPER_HERE =
    "var __async = (self, args, body) => (__async = globalThis.__dacapo_async)(self, args, body);";

/** What is wrong with an author's sources: `messages` has a line for each, `file:line:column: error: text`. */
export class BuildError extends Error {
    constructor(messages) {
        super(messages.join("\n"));
        this.messages = messages;
    }
}

/**
 * Bundles.
 *
 * @param {{ entry: string, modules?: string, directory?: string }} options the entry file, the folder in which esbuild
 *   is installed, and the folder from which files are named
 * @returns {Promise<{ code: string, lineMap: { sources: (string | null)[], lines: string }, inputs: string[] }>}
 * @throws {BuildError} if the sources are wrong
 */
export async function bundle({ entry, modules, directory = process.cwd() }) {
    const esbuild = await tool("esbuild", modules);
    let result;
    try {
        result = await esbuild.build({
            absWorkingDir: directory,
            alias: Object.fromEntries(Object.entries(ALIASES).map(([name, file]) => [name, path.join(SDK, file)])),
            bundle: true,
            charset: "utf8",
            conditions: ["dacapo", "browser", "module"],
            define: { "process.env.NODE_ENV": '"production"', global: "globalThis" },
            entryPoints: [ENTRY],
            format: "iife",
            globalName: GLOBAL,
            legalComments: "none",
            logLevel: "silent",
            mainFields: ["browser", "module", "main"],
            metafile: true,
            outfile: "dacapo.bundle.js",
            platform: "neutral",
            plugins: [entryOf(path.resolve(directory, entry)), withoutNode],
            sourcemap: "external",
            sourcesContent: false,
            supported: { "async-await": false, "async-generator": false, "for-await": false, using: false },
            target: "es2023",
            write: false,
        });
    } catch (error) {
        if (!Array.isArray(error.errors)) throw error;
        throw new BuildError(error.errors.map(messageOf));
    }
    const file = (suffix) => result.outputFiles.find((output) => output.path.endsWith(suffix)).text;
    const lineMap = lineMapOf(JSON.parse(file(".map")), (source) => (isAuthors(directory, source) ? source : null));
    const inputs = inputsOf(result.metafile, (source) => isAuthors(directory, source), directory);
    return { code: withOwnAsync(file(".js")), lineMap, inputs };
}

/**
 * A module of the toolchain: from the given folder, from that of this package, or from wherever this package is
 * installed.
 */
export async function tool(name, modules) {
    const folders = [modules ?? process.env.DACAPO_MODULES, path.join(SDK, "toolchain/node_modules"), SDK];
    for (const folder of folders.filter((given) => given !== undefined)) {
        try {
            const found = createRequire(path.join(path.resolve(folder), "any.js")).resolve(name);
            const module = await import(pathToFileURL(found));
            return module.default ?? module;
        } catch (error) {
            if (error.code !== "MODULE_NOT_FOUND") throw error;
        }
    }
    throw new BuildError([`error: ${name} is not installed; run npm install ${name} beside your package.json`]);
}

/** The module that begins it all: the globals first, then the author's code, then what the host calls. */
function entryOf(file) {
    const contents = [
        `import ${JSON.stringify(path.join(SDK, "src/globals.js"))};`,
        `import ${JSON.stringify(file)};`,
        `export * from ${JSON.stringify(path.join(SDK, "src/component.js"))};`,
    ].join("\n");
    return {
        name: "entry",
        setup(build) {
            build.onResolve({ filter: /^dacapo:entry$/ }, () => ({ path: ENTRY, namespace: "dacapo" }));
            build.onLoad({ filter: /.*/, namespace: "dacapo" }, () => ({ contents, resolveDir: SDK }));
        },
    };
}

/** Refuses what only Node has, where it is imported. */
const withoutNode = {
    name: "without-node",
    setup(build) {
        build.onResolve({ filter: /^(node:.*|[a-z0-9_/]+)$/ }, ({ path: name }) => {
            const plain = name.replace(/^node:/, "");
            if (!name.startsWith("node:") && !builtinModules.includes(plain)) return undefined;
            const instead = INSTEAD[plain] ?? "find a package that does not need Node";
            return { errors: [{ text: `${name} is a module of Node, which a component does not have: ${instead}` }] };
        });
        build.onResolve({ filter: /\.node$/ }, ({ path: name }) => {
            return {
                errors: [
                    { text: `${name} is a native addon, which a component cannot load; find a package in JavaScript` },
                ],
            };
        });
    },
};

function messageOf({ text, location }) {
    if (location === null) return `error: ${text}`;
    const { file, line, column } = location;
    return `${file}:${line}:${column + 1}: error: ${text}`;
}

/** Puts the SDK in place of esbuild's helper, on as many lines. */
function withOwnAsync(code) {
    if (!code.includes("__async(")) return code;
    if (!ASYNC_HELPER.test(code)) throw new Error("esbuild writes async functions in a form that is not known here");
    return code.replace(ASYNC_HELPER, (helper) => ASYNC_HELPER_HERE + "\n".repeat(helper.split("\n").length - 1));
}

/** Whether a source is the author's: neither the SDK's nor a package's. */
function isAuthors(directory, source) {
    const file = path.resolve(directory, source);
    return !source.startsWith("dacapo:") && !file.startsWith(path.join(SDK, "src") + path.sep);
}
