/** The examples: what `guests/hello-js` and `guests/article/js` do. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { load } from "../testing/index.mjs";

const guests = fileURLToPath(new URL("../../../guests", import.meta.url));
const hello = await load("src/app.ts", { directory: `${guests}/hello-js` });
const article = await load("src/app.js", { directory: `${guests}/article/js` });

test("hello greets one city after another", () => {
    const check = (input, expect) => assert.deepEqual(hello.start("hello_sequence", input).output, expect);
    check(null, ["Hello, Tokyo!", "Hello, Seattle!", "Hello, London!"]);
    check(["Oslo"], ["Hello, Oslo!"]);
    check([], []);
    assert.equal(hello.start("sequence", 300).output, 300);
});

const body = { run_id: "7", message: "hello" };
const ASKED = [
    "signal @session_handler@ada add(2)",
    'signal @session_handler@ada keep("hello")',
    "signal @session_handler@ada get(null)",
    'start message_orchestrator({"run_id":"7","message":"hello"}) as run-7',
];

test("a request of the article is answered with where to look", () => {
    const check = (method, path, given, status, asked) => {
        const desk = article.desk();
        const answer = desk.request(method, path, { body: given });
        assert.deepEqual([answer.status, desk.asked], [status, asked]);
        return answer;
    };
    const answer = check("POST", "/api/sessions/ada/messages", body, 202, ASKED);
    assert.equal(answer.headers.location, "http://test/instances/run-7");
    assert.equal(answer.headers["retry-after"], "10");
    check("POST", "/api/sessions/ada/messages", { run_id: 7 }, 400, []);
    check("GET", "/api/sessions/ada/messages", undefined, 405, []);
    check("POST", "/api/sessions/ada", body, 404, []);
});

test("messages and nights do the same", () => {
    const desk = article.desk();
    desk.message("on_event", { subject: "events.ada", json: body });
    desk.tick("nightly", { missed: 2 });
    assert.deepEqual(desk.asked, [...ASKED, "signal @session_handler@nights add(3)"]);
});

test("a message is logged twice", () => {
    assert.deepEqual(article.start("message_orchestrator", body).output, ["1: hello", "2: hello"]);
});
