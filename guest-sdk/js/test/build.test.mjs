/** The build tool: what it says of sources that are wrong, and what it makes of those that are right. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const MAIN = path.join(path.dirname(fileURLToPath(import.meta.url)), "../build/main.mjs");

/** Builds an app of these files, and compares what is said of it. */
function check(files, expect) {
    const cwd = fs.mkdtempSync(path.join(os.tmpdir(), "dacapo-build-"));
    try {
        for (const [name, text] of Object.entries(files)) {
            fs.mkdirSync(path.dirname(path.join(cwd, name)), { recursive: true });
            fs.writeFileSync(path.join(cwd, name), text);
        }
        const { status, stderr } = spawnSync("node", [MAIN, "--entry", Object.keys(files)[0], "--out", "out.wasm"], {
            cwd,
            encoding: "utf8",
        });
        assert.equal(status, 1, stderr);
        assert.match(stderr, expect);
    } finally {
        fs.rmSync(cwd, { recursive: true });
    }
}

test("errors name file, line and column", () => {
    check({ "src/app.js": "const a = 1;\nconst b = ;\n" }, /^src\/app\.js:2:11: error: Unexpected ";"\n$/);
    check(
        { "app.ts": 'import { x } from "./other";\nx();\n' },
        /^app\.ts:1:19: error: Could not resolve "\.\/other"\n$/,
    );
    check(
        { "app.js": 'import { nothing } from "dacapo";\nnothing();\n' },
        /^app\.js:1:10: error: No matching export .*"nothing"\n$/,
    );
    check({ "app.js": "\n\nthrow new Error('at build');\n" }, /^app\.js:3:1: error: Error: at build\n$/);
    check({ "missing/app.js": "", "x.js": "" }, /^missing\/app\.js:1:1: error: it defines no function/);
});

test("what only Node has is refused where it is imported", () => {
    check(
        { "app.js": 'import fs from "fs";\nfs.readFileSync("x");\n' },
        /^app\.js:1:16: error: fs is a module of Node, .*: an activity has no files/,
    );
    check(
        { "app.js": 'import { createHash } from "node:crypto";\n' },
        /^app\.js:1:28: error: node:crypto is a module of Node/,
    );
    check({ "app.js": 'import x from "./x.node";\n' }, /error: \.\/x\.node is a native addon/);
});

test("mistakes in definitions are errors of the build", () => {
    const define = (line) => ({ "app.js": `import { activity, orchestrator } from "dacapo";\n${line}\n` });
    check(
        define('activity("a b", () => 1);'),
        /^app\.js:2:1: error: TypeError: "a b" cannot be the name of a function/,
    );
    check(define('activity("a", () => 1); activity("A", () => 2);'), /error: TypeError: there are two of the name A/);
    check(define('activity("a", { retries: 3 }, () => 1);'), /error: TypeError: activity a has no option retries/);
    check(
        define('activity("a", { retry: { max: 3 } }, () => 1);'),
        /error: TypeError: retry has no option max; it has maxAttempts/,
    );
    check(define('orchestrator("a", {});'), /error: TypeError: orchestrator a needs a function as its last argument/);
});
