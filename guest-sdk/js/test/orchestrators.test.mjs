/** What an orchestrator decides, and in which order: calls, waits, races, retries, new executions. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { app } from "./app.mjs";

/** Plays `main` of an app, whose body is given, and compares how it ends. */
async function check(body, expect, options = {}) {
    const played = await app(`
        const echo = activity("echo", (value) => value);
        const fail = activity("fail", (kind: string) => { throw new Failure(kind, "it " + kind); });
        orchestrator("main", async (cx, input: any) => {${body}});
    `);
    const run = played.start("main", options.input ?? null, options);
    const { output, failure, elapsed, trace } = run;
    const found = { output, kind: failure?.kind, message: failure?.message, elapsed, trace };
    for (const [name, value] of Object.entries(expect))
        assert.deepEqual(found[name], value, `${name}: ${trace.join("\n")}`);
    return run;
}

test("calls that are made before the first is awaited run side by side", () =>
    check(`const calls = [1, 2, 3].map((n) => echo(n)); return Promise.all(calls);`, {
        output: [1, 2, 3],
        trace: [
            "start main(null)",
            "0 echo(1)",
            "1 echo(2)",
            "2 echo(3)",
            "0 completed 1",
            "1 completed 2",
            "2 completed 3",
            "completed [1,2,3]",
        ],
    }));

test("a call behind microtasks is decided before the turn ends", () =>
    check(
        `const late = async () => { await null; await null; await null; return echo("late"); };
         return Promise.all([late(), echo("early")]);`,
        { output: ["late", "early"] },
    ).then(({ trace }) =>
        assert.deepEqual(trace.slice(0, 3), ["start main(null)", '0 echo("early")', '1 echo("late")']),
    ));

test("a race is won by what is first in history, not by what is asked first", async () => {
    const takes = { slow: "5s", quick: "1s" };
    const answers = { slow: () => "slow", quick: () => "quick" };
    const calls = `const slow = cx.callActivity("slow"), quick = cx.callActivity("quick");`;
    await check(`${calls} return Promise.race([slow, quick]);`, { output: "quick", elapsed: 1000 }, { takes, answers });
    await check(
        `${calls} await cx.sleep("10s"); return Promise.race([slow, quick]);`,
        { output: "quick" },
        { takes, answers },
    );
    await check(
        `${calls} await cx.sleep("10s");
         const chain = async (task) => { const value = await task; await null; await null; return value; };
         return Promise.race([slow.then((value) => value), chain(quick)]);`,
        { output: "quick" },
        { takes, answers },
    );
    await check(
        `const timer = cx.sleep("2s").then(() => "timer"); await cx.sleep("10s");
         return Promise.race([cx.event("x"), timer]);`,
        { output: "event" },
        { events: [{ after: "1s", name: "x", value: "event" }] },
    );
});

test("all, allSettled and any do what the language says", async () => {
    await check(`return Promise.all([echo(1), fail("sad")]).catch((failure) => failure.kind);`, { output: "sad" });
    await check(`return (await Promise.allSettled([echo(1), fail("sad")])).map((end) => end.status);`, {
        output: ["fulfilled", "rejected"],
    });
    await check(`return Promise.any([fail("sad"), echo(2)]);`, { output: 2 });
    await check(
        `return Promise.any([fail("sad"), fail("low")]).catch((error) => error.errors.map((one) => one.kind));`,
        {
            output: ["sad", "low"],
        },
    );
    await check(`return [await Promise.all([]), await Promise.resolve({ then: (f) => f(7) })];`, { output: [[], 7] });
});

test("try, catch and finally work across awaits", () =>
    check(
        `const seen = [];
         try { await fail("sad"); } catch (failure) { seen.push(failure.kind); } finally { seen.push(await echo("finally")); }
         for await (const n of [echo(1), echo(2)]) seen.push(n);
         return seen;`,
        { output: ["sad", "finally", 1, 2] },
    ));

test("events are kept, served in order, and never lost to a race that is over", async () => {
    const events = ["a", "B", "a"].map((name, at) => ({ after: `${at + 1}s`, name, value: at }));
    await check(
        `const got = []; await cx.sleep("10s");
         got.push(await cx.event("A"), await cx.event("a"), await cx.event("b")); return got;`,
        { output: [0, 2, 1] },
        { events },
    );
    await check(
        `const got = [];
         for (let n = 0; n < 3; n += 1) got.push(await Promise.race([cx.event("a"), cx.event("b")]));
         return got;`,
        { output: [0, 1, 2] },
        { events },
    );
    await check(
        `const b = cx.event("b").then((n) => "b" + n);
         const got = [await Promise.race([b, cx.event("a")])];
         await cx.sleep("10s"); got.push(await b); return got;`,
        { output: [0, "b1"] },
        { events },
    );
});

test("a wait with a timeout ends one way, and cancels the other", async () => {
    const events = [{ after: "1s", name: "go", value: 7 }];
    await check(
        `return cx.event("go", { timeout: "5s" });`,
        {
            output: 7,
            elapsed: 1000,
            trace: ["start main(null)", "0 timer +5000 ms", "event go(7)", "1 cancel 0", "completed 7"],
        },
        { events },
    );
    await check(
        `return [await cx.event("no", { timeout: "5s" }), await echo(1)];`,
        { output: [null, 1], elapsed: 5000 },
        { events },
    );
    await check(`await cx.event("go", { timeout: "500ms" }); return cx.event("go");`, { output: 7 }, { events });
});

test("time, chance and the language's own of both belong to the execution", async () => {
    const { output } = await check(
        `const first = [new Date().toISOString(), Date.now() === cx.now.getTime(), performance.now(), Math.random(), crypto.randomUUID()];
         await cx.sleep("1h");
         return [...first, performance.now(), new Date(2020, 0).getFullYear(), typeof Date(), cx.random(), cx.uuid()];`,
        {},
    );
    assert.deepEqual(output.slice(0, 4), ["2026-01-01T00:00:00.000Z", true, 0, 0.8833108082136426]);
    assert.deepEqual(output.slice(5, 8), [3_600_000, 2020, "string"]);
});

test("retries wait as the policy says", async () => {
    let left = 3;
    const answers = {
        shaky() {
            left -= 1;
            if (left > 0) throw Object.assign(new Error("again"), { kind: "shaky" });
            return "done";
        },
    };
    const call = `return cx.callActivity("shaky", null, { retry: { maxAttempts: 5, firstInterval: "1s", coefficient: 2 } });`;
    await check(call, { output: "done", elapsed: 3000 }, { answers });
    left = 3;
    await check(
        `return cx.retryWith((n) => cx.callActivity("shaky"), (n, failure) => failure.is("shaky") ? n * 1000 : null);`,
        { output: "done", elapsed: 3000 },
        { answers },
    );
    await check(
        `return cx.callActivity("slow", 1, { timeout: "2s" });`,
        { kind: "dacapo:timeout", elapsed: 2000 },
        {
            answers: { slow: () => 1 },
            takes: { slow: "5s" },
        },
    );
});

test("a child is an orchestration of its own, and its failure is a cause", async () => {
    const played = await app(`
        const child = orchestrator("child", async (cx, n: number) => {
            if (n > 2) throw new Failure("too-much", n + " is too much", { retryable: false });
            await cx.sleep("1s");
            return [n, cx.parent, cx.instanceId, cx.tags.shop];
        });
        orchestrator("main", async (cx) => {
            const good = await child(1, { id: "first" });
            const bad = await child(3).catch((failure) => [failure.kind, failure.is("too-much"), failure.message]);
            return [good, bad, await cx.child("other", 5)];
        });
    `);
    const run = played.start("main", null, { tags: { shop: "7" }, answers: { other: (n) => n + 1 } });
    const message = "the child child failed: 3 is too much";
    assert.deepEqual(run.output, [[1, "test", "first", "7"], ["dacapo:child-failed", true, message], 6]);
});

test("a new execution gets the events that nobody took", async () => {
    const events = [1, 2, 3].map((n) => ({ after: "1s", name: "n", value: n }));
    const body = `const sum = input ?? 0;
        if (sum >= 6) return sum;
        await cx.sleep("2s");
        const n = await cx.event("n");
        return cx.continueAsNew(sum + n);`;
    const run = await check(body, { output: 6, elapsed: 6000 }, { events });
    assert.equal(run.executions.length, 4);
    await check(
        `if (input === 1) return cx.event("n", { timeout: "1s" });
         await cx.sleep("2s"); return cx.continueAsNew(1, { keepEvents: false });`,
        { output: null },
        { events },
    );
});

test("what is cancelled is not answered", () =>
    check(
        `const timer = cx.sleep("1h"), task = echo(1), wait = cx.event("x");
         timer.cancel(); task.cancel(); cx.cancel(wait);
         return cx.event("x");`,
        {
            output: 2,
            elapsed: 1000,
            trace: [
                "start main(null)",
                "0 timer +3600000 ms",
                "1 echo(1)",
                "2 cancel 0",
                "3 cancel 1",
                "event x(2)",
                "completed 2",
            ],
        },
        { events: [{ after: "1s", name: "x", value: 2 }] },
    ));

test("events, status, logs and identity", async () => {
    const run = await check(
        `cx.setStatus({ at: 1 }); console.log("hello %s", "log", { a: [1] }); cx.log.warn("careful");
         cx.sendEvent("other", "ping", [1]);
         await cx.sleep(1); cx.setStatus("end");
         return [cx.name, cx.instanceId, cx.execution, cx.version, cx.isReplaying];`,
        { output: ["main", "test", 1, "v2", false] },
        { version: "v2" },
    );
    assert.deepEqual(run.logs, ["info: hello log { a: [1] }", "warn: careful"]);
    assert.equal(run.status, "end");
    assert.ok(run.trace.includes("0 send ping([1]) to other"));
});

test("HTTP is polled while it answers 202", async () => {
    const asked = [];
    const answers = {
        "dacapo.http": (message) => {
            asked.push(message);
            const headers = { location: "../jobs/7?x=1", "retry-after": "3" };
            if (asked.length === 1) return { status: 202, headers, content: "" };
            if (asked.length === 2) return { status: 202, headers: { location: "https://other.test/j" }, content: "" };
            return { status: 200, headers: {}, content: '{"ok":true}' };
        },
    };
    const request = `{ method: "post", url: "https://shop.test/a/b", json: { n: 1 }, headers: { authorization: "secret" } }`;
    await check(
        `const response = await cx.callHttp(${request}); return [response.status, response.json()];`,
        { output: [200, { ok: true }], elapsed: 33_000 },
        { answers },
    );
    assert.deepEqual(
        asked.map(({ method, uri, headers }) => [method, uri, headers.authorization]),
        [
            ["POST", "https://shop.test/a/b", "secret"],
            ["GET", "https://shop.test/jobs/7?x=1", "secret"],
            ["GET", "https://other.test/j", undefined],
        ],
    );
});

test("a replay tells where its decisions were taken", async () => {
    const played = await app(`
        const echo = activity("echo", (value) => value);
        orchestrator("main", async (cx) => {
            await echo(1);
            const both = [cx.sleep(1),
                cx.child("main")];
            await Promise.all(both);
        });
    `);
    const { orchestrator } = played.realm();
    const who = { name: "main", instance: "i", execution: 1, version: null, parent: null, tags: [] };
    const seed = { high: 0, low: 0 };
    const input = new Uint8Array(Buffer.from("null"));
    const turn = { now: 1, events: [{ tag: "task-completed", val: { task: 0, output: input } }] };
    const sources = (replaying) => [
        ...orchestrator.open({ ...who, now: 1, seed, input, replaying }).sources,
        ...orchestrator.advance([{ ...turn, replaying }]).sources,
    ];
    assert.deepEqual(sources(true), ["app.ts:4", "app.ts:5", "app.ts:6"]);
    assert.deepEqual(sources(false), []);
});
