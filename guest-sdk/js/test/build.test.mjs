/** The build tool: what it says of sources that are wrong, and what it makes of those that are right. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { bundle } from "../build/bundle.mjs";

const MAIN = path.join(path.dirname(fileURLToPath(import.meta.url)), "../build/main.mjs");

/** Does something in a folder with these files. */
async function inFolder(files, work) {
    const cwd = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "dacapo-build-")));
    try {
        for (const [name, text] of Object.entries(files)) {
            fs.mkdirSync(path.dirname(path.join(cwd, name)), { recursive: true });
            fs.writeFileSync(path.join(cwd, name), text);
        }
        await work(cwd);
    } finally {
        fs.rmSync(cwd, { recursive: true });
    }
}

/** Builds an app of these files, and compares what is said of it. */
function check(files, expect) {
    return inFolder(files, (cwd) => {
        const { status, stderr } = spawnSync("node", [MAIN, "--entry", Object.keys(files)[0], "--out", "out.wasm"], {
            cwd,
            encoding: "utf8",
        });
        assert.equal(status, 1, stderr);
        assert.match(stderr, expect);
    });
}

test("errors name file, line and column", async () => {
    await check({ "src/app.js": "const a = 1;\nconst b = ;\n" }, /^src\/app\.js:2:11: error: Unexpected ";"\n$/);
    await check(
        { "app.ts": 'import { x } from "./other";\nx();\n' },
        /^app\.ts:1:19: error: Could not resolve "\.\/other"\n$/,
    );
    await check(
        { "app.js": 'import { nothing } from "dacapo";\nnothing();\n' },
        /^app\.js:1:10: error: No matching export .*"nothing"\n$/,
    );
    await check({ "app.js": "\n\nthrow new Error('at build');\n" }, /^app\.js:3:1: error: Error: at build\n$/);
    await check({ "missing/app.js": "", "x.js": "" }, /^missing\/app\.js:1:1: error: it defines no function/);
});

test("what only Node has is refused where it is imported", async () => {
    await check(
        { "app.js": 'import fs from "fs";\nfs.readFileSync("x");\n' },
        /^app\.js:1:16: error: fs is a module of Node, .*: an activity has no files/,
    );
    await check(
        { "app.js": 'import { createHash } from "node:crypto";\n' },
        /^app\.js:1:28: error: node:crypto is a module of Node/,
    );
    await check({ "app.js": 'import x from "./x.node";\n' }, /error: \.\/x\.node is a native addon/);
});

test("mistakes in definitions are errors of the build", async () => {
    const define = (line) => ({ "app.js": `import { activity, orchestrator } from "dacapo";\n${line}\n` });
    await check(
        define('activity("a b", () => 1);'),
        /^app\.js:2:1: error: TypeError: "a b" cannot be the name of a function/,
    );
    await check(define('activity("a", () => 1); activity("A", () => 2);'), /error: TypeError: there are two of the name A/);
    await check(define('activity("a", { retries: 3 }, () => 1);'), /error: TypeError: activity a has no option retries/);
    await check(
        define('activity("a", { retry: { max: 3 } }, () => 1);'),
        /error: TypeError: retry has no option max; it has maxAttempts/,
    );
    await check(define('orchestrator("a", {});'), /error: TypeError: orchestrator a needs a function as its last argument/);
});

test("inputs are the author's files, those of packages, and what says how to read them", async () => {
    const check = (files, expect) =>
        inFolder(files, async (directory) => {
            const { inputs } = await bundle({ entry: "src/app.ts", directory });
            assert.deepEqual(
                inputs.filter((file) => file.startsWith(directory)).map((file) => path.relative(directory, file)),
                expect,
            );
        });
    await check({ "src/app.ts": 'import "dacapo";\n', "src/other.ts": "" }, ["src/app.ts"]);
    await check({ "src/app.ts": 'import "../lib/a.js";\n', "lib/a.js": "" }, ["lib/a.js", "src/app.ts"]);
    await check(
        {
            "src/app.ts": 'import "tea";\n',
            "node_modules/tea/package.json": '{ "main": "tea.js", "browser": { "./pot.js": false } }',
            "node_modules/tea/tea.js": 'require("./pot.js");\n',
            "node_modules/tea/pot.js": "",
        },
        ["node_modules/tea/package.json", "node_modules/tea/pot.js", "node_modules/tea/tea.js", "src/app.ts"],
    );
    await check(
        {
            "src/app.ts": "",
            "package.json": "{}",
            "tsconfig.json": '{ "extends": ["./strict", "@tsconfig/node20"] }',
            "strict.json": '{ "extends": "../base.json" }',
            "jsconfig.json": "{}",
        },
        ["package.json", "src/app.ts", "strict.json", "tsconfig.json"],
    );
});
