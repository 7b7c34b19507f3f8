/**
 * A program that is all input: an orchestrator that does what a plan says and returns everything that it saw.
 *
 * It is there in several languages, and is meant to take the same decisions in all of them; what a plan may say is in
 * the Rust one. What a race loses is handled alike for that reason: timers are cancelled, tasks are left alone.
 */

import { EntityId, orchestrator } from "dacapo";

import "./chance.js";
import "./cup.js";

const RETRY = { firstInterval: 250, coefficient: 2, jitter: 0.5 };

/** Does one step after another, and returns what each of them saw. */
orchestrator("dice", async (cx, { steps, seen = [] }) => {
    for (const [at, step] of steps.entries()) {
        if (step.do === "again") return cx.continueAsNew({ steps: steps.slice(at + 1), seen });
        if (step.do === "fail") throw cx.fail(step.kind, `after ${seen.length} steps`, { retryable: false });
        seen.push(await play(cx, step).seen);
    }
    return seen;
});

/** Begins a step: what it will have `seen`, and what is to be done if it has lost a race. A failure is seen, too. */
function play(cx, step) {
    const { of, lost = () => {} } = begin(cx, step);
    return { seen: of.then((value) => value ?? null, ({ kind }) => ({ failed: kind })), lost };
}

function begin(cx, step) {
    if (step.do !== "sleep") return { of: Promise.try(() => STEPS[step.do](cx, step)) };
    const timer = cx.sleep(step.ms);
    return { of: timer.then(() => cx.now.getTime()), lost: () => timer.cancel() };
}

const STEPS = {
    call: (cx, { input, attempts }) =>
        cx.callActivity("roll", input, attempts && { retry: { maxAttempts: attempts, ...RETRY }, timeout: "10s" }),
    cancel: (cx, { input }) => void cx.callActivity("roll", input).cancel(),
    child: (cx, { input, id }) => cx.child("throw", input, id && { id, version: "2" }),
    event: (cx, { name, ms }) => cx.event(name, { timeout: ms }),
    entity: (cx, { key, operation, input }) => cx.entity("cup", key).call(operation, input),
    signal: (cx, { key, input, ms }) =>
        cx.entity("cup", key).signal("add", input, { at: ms && cx.now.getTime() + ms }),
    send: (cx, { to, name, input }) => cx.sendEvent(to, name, input),
    number: (cx) => cx.random(),
    uuid: (cx) => cx.uuid(),
    now: (cx) => cx.now.getTime(),
    all: (cx, { of }) => Promise.all(of.map((step) => play(cx, step).seen)),
    async race(cx, { of }) {
        const runners = of.map((step) => play(cx, step));
        const [first, seen] = await Promise.race(runners.map(async (runner, at) => [at, await runner.seen]));
        for (const { lost } of runners) lost();
        return { first, seen };
    },
    async lock(cx, { keys, input }) {
        const lock = await cx.lock(keys.map((key) => new EntityId("cup", key)));
        const seen = [];
        for (const key of keys) seen.push(await play(cx, { do: "entity", key, operation: "add", input }).seen);
        lock.release();
        return seen;
    },
    status(cx, { value }) {
        cx.setStatus(value);
        return value;
    },
    me: ({ name, instanceId, execution, version = null, parent = null, tags }) => {
        return { name, instance: instanceId, execution, version, parent, tags: Object.entries(tags) };
    },
};
