/** How a history is distributed over calls cannot be seen in what is decided: random programs, random histories. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { SplitMix64 } from "../src/random.js";
import { payload, seedOf } from "../testing/values.mjs";
import { app } from "./app.mjs";

const PROGRAMS = 150;

/** An orchestrator that runs the program that it is given: a tree of waits and of what waits for several. */
const played = await app(`
    orchestrator("main", async (cx, program: any) => {
        const seen: any[] = [];
        const run = async ([what, ...rest]: any): Promise<any> => {
            switch (what) {
                case "call": return cx.callActivity("a", rest[0]);
                case "sleep": return cx.sleep(rest[0]);
                case "event": return cx.event(rest[0]);
                case "patient": return cx.event(rest[0], { timeout: rest[1] });
                case "tick": await null; return cx.random();
                case "send": return cx.sendEvent("other", "x", cx.uuid());
                case "seq": { const all: any[] = []; for (const one of rest) all.push(await run(one)); return all; }
                case "all": return Promise.all(rest.map(run));
                case "race": return Promise.race(rest.map(run));
                case "any": return Promise.any(rest.map(run)).catch(() => "none");
                case "settled": return Promise.allSettled(rest.map(run));
                case "late": { const open = run(rest[0]); open.catch(() => {}); await run(rest[1]); return Promise.race([run(rest[2]), open]); }
                case "caught": return run(rest[0]).catch((failure) => failure.kind).finally(() => seen.push(seen.length));
            }
        };
        const value = await run(program);
        cx.setStatus(seen);
        return value;
    });
`);

/** A random tree. */
function program(random, depth) {
    const below = (n) => Math.floor(random.nextNumber() * n);
    const leaves = [
        () => ["call", below(9)],
        () => ["sleep", 100 * below(20)],
        () => ["event", "xy"[below(2)]],
        () => ["patient", "xY"[below(2)], 100 * below(20)],
        () => ["tick"],
        () => ["send"],
    ];
    if (depth === 0) return leaves[below(leaves.length)]();
    const what = ["seq", "all", "race", "any", "settled", "seq", "late", "caught"][below(8)];
    const count = what === "late" ? 3 : what === "caught" ? 1 : 1 + below(3);
    return [what, ...Array.from({ length: count }, () => program(random, below(depth)))];
}

/** Plays a random history in a session that lives on: what came in, and all that came out. */
function history(random, tree) {
    const below = (n) => Math.floor(random.nextNumber() * n);
    const { orchestrator } = played.realm();
    const who = { name: "main", instance: "i", execution: 1, version: null, parent: null, tags: [] };
    const start = { ...who, now: 1000, seed: seedOf(below(1e9)), input: payload(tree), replaying: true };
    const open = new Map();
    let [issued, now] = [0, 1000];
    const turns = [];
    const steps = [];
    const take = (step) => {
        steps.push(step);
        for (const { tag, val } of step.decisions) {
            if (tag === "cancel") open.delete(val);
            else if (tag !== "send-event") open.set(issued, tag);
            issued += 1;
        }
        return step.status.tag === "waiting" && (open.size > 0 || step.status.val.length > 0);
    };
    const event = () => {
        const ids = [...open.keys()];
        if (ids.length === 0 || below(3) === 0) {
            return { tag: "event-raised", val: { name: "XyxY"[below(4)], input: payload(below(100)) } };
        }
        const id = ids[below(ids.length)];
        const tag = open.get(id);
        open.delete(id);
        if (tag === "create-timer") return { tag: "timer-fired", val: id };
        if (below(4) > 0) return { tag: "task-completed", val: { task: id, output: payload(id) } };
        const failure = { kind: "sad", message: "it failed", details: null, retryable: true, causes: [] };
        return { tag: "task-failed", val: { task: id, failure } };
    };
    let waits = take(orchestrator.open(start));
    while (waits && turns.length < 60) {
        now += below(500);
        const turn = { now, replaying: true, events: Array.from({ length: 1 + below(3) }, event) };
        turns.push(turn);
        waits = take(orchestrator.advance([turn]));
    }
    return { start, turns, steps };
}

/** What is to be equal: all decisions in order, and how it stands in the end. */
function essence(steps) {
    const plain = (given) =>
        JSON.stringify(given, (_, item) => (ArrayBuffer.isView(item) ? Buffer.from(item).toString() : item));
    const statuses = steps.map(({ customStatus }) => customStatus).filter((status) => status !== null);
    return plain([steps.flatMap(({ decisions }) => [...decisions]), steps.at(-1).status, statuses.at(-1) ?? null]);
}

test("random programs decide the same, however their history is split", () => {
    let decided = 0;
    for (let seed = 0; seed < PROGRAMS; seed += 1) {
        const random = new SplitMix64(seedOf(seed));
        const tree = program(random, 4);
        const { start, turns, steps } = history(random, tree);
        const expected = essence(steps);
        decided += steps.flatMap((step) => [...step.decisions]).length;
        const splits = [[turns], turns.map((turn) => [turn]), split(random, turns)];
        for (const calls of splits) {
            const { orchestrator } = played.realm();
            const again = [orchestrator.open(start), ...calls.map((call) => orchestrator.advance(call))];
            assert.equal(essence(again), expected, `seed ${seed}: ${JSON.stringify(tree)}`);
        }
    }
    assert.ok(decided > PROGRAMS);
});

function split(random, turns) {
    const calls = [];
    for (let at = 0; at < turns.length;) {
        const count = 1 + Math.floor(random.nextNumber() * 4);
        calls.push(turns.slice(at, at + count));
        at += count;
    }
    return calls;
}
