/** Entities: what is read, written, undone and deleted in a batch, and what orchestrators do with them. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { payload, value } from "../testing/values.mjs";
import { app } from "./app.mjs";

const played = await app(`
    class Account {
        cents = 0; log: string[] = [];
        deposit(n: number) { this.cents += n; this.log.push("d"); return this.cents; }
        withdraw(n: number) {
            this.log.push("w"); this.cents -= n;
            if (this.cents < 0) throw new Failure("insufficient", n + " are too many");
            return this.cents;
        }
        balance() { return this.cents; }
        async slow(n: number) { await null; return this.deposit(n); }
        never() { return new Promise(() => {}); }
        bad() { this.cents = 1n as any; }
        dice(_: any, cx: any) { return [Math.random(), crypto.randomUUID(), cx.random(), Date.now(), cx.isCall, cx.key]; }
        tell(n: number, cx: any) {
            cx.log("telling"); cx.entity("account", "b").signal("deposit", n, { at: 5 });
            return [cx.start("audit", n), cx.start("audit", n, { id: "mine" })];
        }
        gone(_: any, cx: any) { cx.deleteState(); return "gone"; }
    }
    const account = entity("account", Account);
    entity("register", {
        initial: () => 0,
        operations: { set(cx, n) { cx.state = n; }, get: (cx) => cx.state, delete: () => "mine" },
    });
    entity("versioned", { version: 2, migrate: (version, data) => ({ n: data + version }) }, {
        initial: () => ({ n: 0 }), operations: { get: (cx) => cx.state.n },
    });
    orchestrator("transfer", async (cx, [from, to, n]: [string, string, number]) => {
        const lock = await cx.lock([cx.entity(account, from), new EntityId("account", to)]);
        try {
            const left = await cx.entity(account, from).call("withdraw", n);
            await cx.entity(account, to).call("deposit", n);
            cx.entity(account, "fees").signal("deposit", 1);
            return left;
        } finally { lock.release(); }
    });
    orchestrator("rules", async (cx) => {
        const kinds: string[] = [];
        const tried = async (work: () => any) => { try { await work(); } catch (failure: any) { kinds.push(failure.message); } };
        await cx.lock(cx.entity(account, "a"), async () => {
            await tried(() => cx.entity(account, "b").call("balance"));
            await tried(() => cx.entity(account, "a").signal("deposit", 1));
            await tried(() => cx.lock(cx.entity(account, "c")));
            await tried(() => cx.child("transfer"));
            const open = cx.entity(account, "a").call("balance");
            await tried(() => cx.entity(account, "a").call("balance"));
            await open;
        });
        return kinds;
    });
    orchestrator("audit", async () => {});
`);

/** Applies operations `[name, input]`, and compares results, state and effects. */
function check(name, before, operations, expect, state) {
    const context = { entity: { name, key: "k" }, now: 7 };
    const given = operations.map(([operation, input], index) => {
        return { name: operation, input: payload(input), kind: "call", seed: { high: 0xf0000000, low: index } };
    });
    const found = played.realm().entity.apply(context, before, given);
    const results = [...found.results].map(({ tag, val }) =>
        tag === "ok" ? value(val.output) : `${val.kind}: ${val.message}`,
    );
    assert.deepEqual(results, expect);
    const { tag, val } = found.state;
    assert.deepEqual(tag === "set" ? value(val.data) : tag, state);
    return found;
}

const stateOf = (data, version = 0) => ({ data: payload(data), version });

test("a batch is read once and written once", () => {
    check(
        "account",
        null,
        [
            ["deposit", 5],
            ["Withdraw", 2],
            ["slow", 1],
        ],
        [5, 3, 4],
        { cents: 4, log: ["d", "w", "d"] },
    );
    check("account", stateOf({ cents: 4, log: [] }), [["balance"]], [4], "unchanged");
    check("account", null, [["balance"]], [0], "unchanged");
});

test("a failure leaves no trace, and those after it go on", () => {
    const failed = "insufficient: 9 are too many";
    check(
        "account",
        stateOf({ cents: 1, log: [] }),
        [
            ["deposit", 1],
            ["withdraw", 9],
            ["deposit", 1],
            ["withdraw", 9],
        ],
        [2, failed, 3, failed],
        {
            cents: 3,
            log: ["d", "d"],
        },
    );
    const stalled = /^stalled: the function awaits a promise that was made at app.ts:\d+/;
    const found = played
        .realm()
        .entity.apply({ entity: { name: "account", key: "k" }, now: 7 }, null, [
            { name: "never", input: payload(null), kind: "call", seed: { high: 0, low: 0 } },
        ]);
    assert.match(`${found.results[0].val.kind}: ${found.results[0].val.message}`, stalled);
});

test("what has no JSON form is refused, alone or by a trap", () => {
    const message = "invalid-state: $.cents: a BigInt has no JSON form; write it as text";
    check("account", null, [["bad"]], [message], "unchanged");
    assert.throws(() => check("account", null, [["deposit", 1], ["bad"]], [], "unchanged"), /BigInt/);
});

test("operations are found without regard to case, and delete is there unless it is written", () => {
    check("account", stateOf({ cents: 1, log: [] }), [["DELETE"], ["balance"]], [null, 0], "deleted");
    check("account", stateOf({ cents: 1, log: [] }), [["gone"], ["deposit", 2]], ["gone", 2], { cents: 2, log: ["d"] });
    check("register", stateOf(3), [["delete"], ["get"], ["set", 4]], ["mine", 3, null], 4);
    const known = "deposit, withdraw, balance, slow, never, bad, dice, tell, gone, delete";
    check(
        "account",
        null,
        [["what"]],
        [`unknown-operation: account has no operation "what"; it has ${known}`],
        "unchanged",
    );
});

test("an older state is migrated, a newer one stays", () => {
    check("versioned", stateOf(5, 1), [["get"]], [6], { n: 6 });
    const newer =
        "newer-state: the state has version 3, and this component knows it up to version 2: deploy one that knows it";
    check("versioned", stateOf({}, 3), [["get"]], [newer], "unchanged");
    check("versioned", stateOf({}, 3), [["get"], ["delete"], ["get"]], [newer, null, 0], "deleted");
});

test("time, chance and effects are those of the operation", () => {
    const apply = (operations) => {
        const context = { entity: { name: "account", key: "k" }, now: 7 };
        const given = operations.map(([name, input]) => {
            return { name, input: payload(input), kind: "call", seed: { high: 0x80000001, low: 2 } };
        });
        return played.realm().entity.apply(context, null, given);
    };
    const [first, again] = apply([["dice"], ["dice"]]).results.map(({ val }) => value(val.output));
    assert.deepEqual(first, again);
    assert.deepEqual(first.slice(3), [7, true, "k"]);
    const { results, logs } = apply([["tell", 4]]);
    assert.deepEqual(value(results[0].val.output), ["8000000100000002:1", "mine"]);
    assert.deepEqual(
        [...results[0].val.effects].map(({ tag, val }) => [tag, val.operation ?? val.name, val.at ?? val.instance]),
        [
            ["signal", "deposit", 5],
            ["start", "audit", null],
            ["start", "audit", "mine"],
        ],
    );
    assert.deepEqual(
        [...logs].map(({ level, message }) => `${level}: ${message}`),
        ["info: telling"],
    );
});

test("orchestrators call, signal and lock", () => {
    const entities = { "@account@a": { cents: 9, log: [] } };
    const run = played.start("transfer", ["a", "b", 5], { entities });
    assert.equal(run.output, 4);
    assert.deepEqual([run.entity("account", "b").cents, run.entity("account", "fees")?.cents], [5, undefined]);
    const failed = played.start("transfer", ["a", "b", 10], { entities });
    assert.equal(failed.failure.kind, "insufficient");
    assert.deepEqual(failed.executions, [["lock-entities", "call-entity", "release-lock"]]);
    assert.deepEqual(played.start("rules").output, [
        "@account@b is called within a critical section that does not lock it",
        "@account@a is signalled within the critical section that locks it; call it instead",
        "entities are locked within a critical section; release that one first, or lock all at once",
        "the child transfer is started within a critical section; release the lock first",
        "@account@a is called while another call of it is open; within a critical section await each",
    ]);
});
