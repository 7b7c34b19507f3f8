/** What authors throw, return and forget, and what is said of it: kinds, messages, and lines of their sources. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { app } from "./app.mjs";

/** Plays an orchestrator of this body, which begins on line 1, and compares the failure. */
async function check(body, expect, options) {
    const played = await app(`
        const fail = activity("fail", () => { throw new Failure("sad", "no", { retryable: false, details: "because" }); });
        orchestrator("main", async (cx) => {
${body}
        });
    `);
    const { failure, output } = played.start("main", null, options);
    assert.ok(failure, `it gave ${JSON.stringify(output)}`);
    for (const [name, value] of Object.entries(expect)) {
        if (value instanceof RegExp) assert.match(String(failure[name]), value);
        else assert.deepEqual(failure[name], value);
    }
    return failure;
}

test("an exception has its class, and the lines of the author", () =>
    check(`const f = () => (undefined as any).x;\nawait cx.sleep(1);\nreturn f();`, {
        kind: "error",
        message: /^TypeError: Cannot read propert/,
        details: /^ {4}at f \(app\.ts:4\)\n {4}at (.* \()?app\.ts:6/,
        retryable: true,
    }));

test("a failure of one's own has its kind, and causes", async () => {
    await check(`throw cx.fail("late", "too late", { retryable: false });`, {
        kind: "late",
        message: "too late",
        retryable: false,
    });
    await check(`try { await fail(); } catch (cause) { throw new Failure("unpaid", "order 7", { cause }); }`, {
        kind: "unpaid",
        causes: [{ kind: "sad", message: "no", details: "because" }],
    });
    const { message, causes } = await check(`throw new Error("outer", { cause: new RangeError("inner") });`, {});
    assert.deepEqual([message, causes[0].message], ["Error: outer", "RangeError: inner"]);
    assert.match(causes[0].details, /app\.ts:4/);
    await check(`throw Object.assign(new Error("x"), { kind: "mine" });`, { kind: "mine", message: "x" });
});

test("the failure of a task is passed on as it is", () =>
    check(`await fail();`, { kind: "sad", message: "no", details: "because", retryable: false, causes: [] }));

test("what is no Error can be thrown", async () => {
    await check(`throw "a text";`, { kind: "error", message: "something was thrown that is no Error: a text" });
    await check(`throw null;`, { message: "something was thrown that is no Error: null" });
    await check(`throw { a: 1 };`, { message: "something was thrown that is no Error: { a: 1 }" });
});

test("what has no JSON form is refused where it is", async () => {
    const kind = "invalid-output";
    await check(`return { a: [1, { b: 2n }] };`, {
        kind,
        message: "$.a[1].b: a BigInt has no JSON form; write it as text",
    });
    await check(`return { f() {} };`, { kind, message: "$.f: a function" });
    await check(`const a: any = { list: [] }; a.list.push(a); return a;`, {
        kind,
        message: "$.list[0]: it contains itself",
    });
    await check(`return { "x-y": cx.sleep(1) };`, { kind, message: '$["x-y"]: a promise: await it first' });
    await check(`return cx.callActivity("fail", () => 1);`, { kind: "invalid-input", message: "$: a function" });
});

test("an await of what is not durable is told from a wait", async () => {
    const failure = await check(`await new Promise((resolve) => {\n});`, { kind: "stalled", retryable: false });
    assert.match(failure.message, /it awaits a promise that is not durable, made at app\.ts:4$/);
    await check(`const never = () => new Promise(() => {});\nawait cx.sleep(5);\nawait Promise.all([never()]);`, {
        kind: "stalled",
        message: /made at app\.ts:4$/,
    });
    await check(`await { then() {} };`, { kind: "stalled" });
    await check(`await cx.sleep(1).cancel(); const timer = cx.sleep(1); timer.cancel(); await timer;`, {
        kind: "stalled",
    });
});

test("a rejection that nobody handles fails the orchestration", async () => {
    await check(`(async () => { await null; throw new Error("lost"); })(); await cx.sleep("1h");`, {
        message: "Error: lost",
        details: /app\.ts:4/,
    });
    await check(`const task = fail(); await cx.sleep(1); await task;`, { kind: "sad" });
});

test("what is not durable says so", async () => {
    await check(`setTimeout(() => {}, 1);`, {
        message: /^TypeError: setTimeout is not durable: an orchestrator waits by cx\.sleep/,
    });
    await check(`await fetch("http://x");`, { message: /^TypeError: fetch is not available: .* cx\.callHttp/ });
    await check(`cx.sleep("soon");`, { message: /^TypeError: "soon" is no length of time/ });
});

test("long texts are cut to what the host takes, and say so", async () => {
    const { message, details } = await check(
        `const e = new Error("é".repeat(1e7)); e.stack = "x".repeat(1e7); throw e;`,
        {},
    );
    assert.ok(Buffer.byteLength(message) <= 16_384);
    assert.match(message, /^Error: éé.*\n… cut$/);
    assert.equal(details, undefined);
});

test("infinite recursion is a failure", () =>
    check(`const f = (n: number): number => f(n + 1) + 1; return f(0);`, {
        message: /^RangeError: Maximum call stack/,
    }));

test("unknown functions", async () => {
    const played = await app(`orchestrator("main", async () => {}); activity("a", () => 1);`);
    assert.equal(played.start("other").failure.message, "there is no orchestrator other; there are main");
    assert.throws(() => played.desk().activity("b"), /unknown-function: there is no activity b; there are a/);
});
