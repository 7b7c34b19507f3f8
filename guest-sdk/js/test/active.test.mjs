/** Activities and triggers: what they see of the world, and what becomes of what they forget. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { app } from "./app.mjs";

const played = await app(`
    activity("world", async (input, cx) => {
        console.log("out", input); console.error("err");
        const begin = Date.now();
        await new Promise((resolve) => setTimeout(resolve, 1500));
        let ticks = 0;
        await new Promise<void>((resolve) => { const id = setInterval(() => { if ((ticks += 1) === 3) { clearInterval(id); resolve(); } }, 10); });
        return [Date.now() - begin, ticks, Math.random() !== Math.random(), cx.attempt, cx.idempotencyKey, cx.progress({ at: 1 })];
    });
    activity("random", () => [Math.random(), crypto.randomUUID(), [...crypto.getRandomValues(new Uint8Array(3))]]);
    activity("forgets", async () => { (async () => { throw new Error("lost"); })(); return 1; });
    activity("late", async () => { setTimeout(() => { throw new Error("in a timer"); }, 5); await new Promise(() => {}); });
    activity("never", async () => { await new Promise(() => {}); });
    activity("outside", async () => { await (globalThis as any).call(1); });
    (globalThis as any).call = activity("call", (n: number) => n);
    httpTrigger("get", { route: "items/{id}/{*rest}", methods: "GET" }, (request) => ({
        id: request.params.id, rest: request.params.rest, q: request.query.getAll("q"), agent: request.headers.get("User-Agent"),
    }));
    httpTrigger("post", { route: "items", methods: ["post", "PUT"] }, async (request) => {
        const bytes = await request.bytes();
        return new Response((async function* () { yield "got "; yield bytes; })(), { status: 201, headers: { "x-a": "1" } });
    });
    httpTrigger("breaks", { route: "breaks" }, () => new Response((function* () { yield "a"; throw new Error("mid"); })()));
    httpTrigger("fails", { route: "fails/{kind}" }, (request) => { throw new Failure(request.params.kind, "because", { details: "secret" }); });
    httpTrigger("none", { route: "none" }, () => {});
    timerTrigger("tick", (tick, client) => { client.start("x", tick.missed, { id: "n" }); });
    streamTrigger("stream", (message, client) => { client.raise("i", "e", message.json()); });
`);

test("activities have a clock, chance, timers and streams", () => {
    const desk = played.desk();
    assert.deepEqual(desk.activity("world", { a: 1 }), [1530, 3, true, 1, "test/1/0", "go-on"]);
    assert.deepEqual([desk.lines, desk.reports], [["out: out { a: 1 }", "err: err"], [{ at: 1 }]]);
    assert.notDeepEqual(desk.activity("random"), desk.activity("random"));
});

test("what an activity forgets is its failure", () => {
    const fails = (name, expect) => assert.throws(() => played.desk().activity(name), expect);
    fails("forgets", /error: Error: lost/);
    fails("late", /error: Error: in a timer/);
    fails("never", /stalled: the function awaits a promise that was made at app\.ts:\d+/);
    fails(
        "outside",
        /not-in-orchestrator: call can only be called while an orchestrator runs; its plain function is call\.run/,
    );
});

/** Sends a request, and compares status, text and headers. */
function check(method, path, options, status, text, headers = {}) {
    const answer = played.desk().request(method, path, options);
    assert.deepEqual([answer.status, answer.text], [status, text]);
    for (const [name, value] of Object.entries(headers)) assert.equal(answer.headers[name], value);
    return answer;
}

test("requests find their functions", () => {
    const headers = { "User-Agent": "test" };
    check(
        "GET",
        "/api/items/a%20b/c/d%2Fe?q=1&q=%C3%BC",
        { headers },
        200,
        '{"id":"a b","rest":"c/d/e","q":["1","ü"],"agent":"test"}',
        {
            "content-type": "application/json",
        },
    );
    check("PUT", "/api/items", { body: "some bytes that come in pieces" }, 201, "got some bytes that come in pieces", {
        "x-a": "1",
    });
    check("PATCH", "/api/items", {}, 405, '{"kind":"method-not-allowed","message":"PATCH is not served here"}', {
        allow: "POST, PUT",
    });
    check("GET", "/api/what", {}, 404, '{"kind":"not-found","message":"nothing is served at /api/what"}');
    check("GET", "/api/none", {}, 204, "");
});

test("a failure is an answer without its details, and a broken body is seen", () => {
    const problem = (kind) => `{"kind":"${kind}","message":"because"}`;
    check("GET", "/api/fails/conflict", {}, 409, problem("conflict"));
    check("GET", "/api/fails/unavailable", {}, 503, problem("unavailable"), { "retry-after": "5" });
    check("GET", "/api/fails/mine", {}, 500, problem("mine"));
    assert.equal(check("GET", "/api/breaks", {}, 200, "a").isFinished, false);
});

test("timers and streams", () => {
    const desk = played.desk();
    desk.tick("tick", { missed: 2 });
    desk.message("stream", { json: [1] });
    assert.deepEqual(desk.asked, ["start x(2) as n", "raise e([1]) to i"]);
    assert.throws(() => desk.message("stream", { data: "{" }), /invalid-message/);
});
