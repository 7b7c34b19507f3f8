/** Code for npm's `durable-functions` behaves here as it does there: what is decided when, and what comes of it. */

import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { load } from "../testing/index.mjs";

const app = await load("azure.js", { directory: path.join(path.dirname(fileURLToPath(import.meta.url)), "fixtures") });

function check(name, input, expect, options) {
    const run = app.start(name, input, options);
    assert.deepEqual(run.failure ?? run.output, expect, run.trace.join("\n"));
    return run;
}

test("calls in a chain", () => {
    check("chain", null, ["Hello, Tokyo!", "Hello, Seattle!"]);
});

test("a task is scheduled when it is yielded, not when it is made", () => {
    const run = check("fan", ["a", "b"], ["Hello, a!", "Hello, b!"]);
    assert.deepEqual(run.executions, [["create-timer", "schedule-activity", "schedule-activity"]]);
    assert.deepEqual(run.status, { tasks: 2 });
});

test("any gives the task that ended first, and a timer is cancelled", () => {
    const events = [{ after: "5s", name: "approval", value: "yes" }];
    const run = check("approval", null, "yes", { events });
    assert.deepEqual(run.executions, [["create-timer", "cancel"]]);
    assert.equal(check("approval", null, "expired").elapsed, 30_000);
});

test("retries, and the error of the last attempt", () => {
    const run = check("retrying", null, "TaskFailedError: Error: no luck");
    assert.equal(run.elapsed, 3000);
});

test("entities are signalled, called and locked", () => {
    const run = check("counting", null, [7, true, false]);
    assert.equal(run.entity("counter", "a"), 7);
    assert.deepEqual(run.executions, [["signal-entity", "lock-entities", "call-entity", "release-lock"]]);
});

test("new executions, children and calls of values", () => {
    const run = check("eternal", null, ["Hello, 2!test", "Hello, me!", "Hello, you!"]);
    assert.equal(run.executions.length, 3);
    assert.deepEqual(run.logs, ["info: step 2"]);
});

test("what is no task cannot be yielded", () => {
    const { failure } = app.start("wrong");
    assert.match(failure.message, /programming constraint violation: Orchestration yielded data of type undefined/);
});

test("an HTTP trigger starts an orchestration", () => {
    const desk = app.desk();
    const response = desk.request("POST", "/api/orchestrators/fan", { body: ["x"] });
    assert.equal(response.status, 202);
    assert.equal(response.json().id, "started-1");
    assert.deepEqual(desk.asked, ['start fan(["x"]) as started-1']);
    assert.deepEqual(desk.lines, ["out: Started started-1"]);
});
