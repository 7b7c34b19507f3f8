/** What authors do wrong, each under a name. The names are the same in every language, and so are the answers of the host. */

import { activity, orchestrator } from "dacapo";

/** Fails in a function that is called by a function. */
function throwing() {
    const nothing = undefined;
    return nothing.value;
}

/** An error that nobody wants to read to its end. */
function flooding() {
    const error = new Error("m".repeat(1 << 18));
    error.stack = "s".repeat(10 << 20);
    throw error;
}

function recursing(depth) {
    return 1 + recursing(depth + 1);
}

function cyclic() {
    const cycle = { inner: [] };
    cycle.inner.push(cycle);
    return cycle;
}

/** What goes wrong in any role. */
const DEEDS = {
    throws: throwing,
    floods: flooding,
    recurses: () => recursing(0),
    loops: () => {
        for (;;);
    },
    allocates: () => {
        const all = [];
        for (;;) all.push(new Uint8Array(16 << 20));
    },
    returns_cycle: cyclic,
    returns_number: () => ({ sizes: [1n] }),
    returns_code: () => ({ code: () => 1 }),
    throws_no_error: () => {
        throw { code: 7 };
    },
};

for (const [name, deed] of Object.entries(DEEDS)) {
    activity(`task_${name}`, deed);
    orchestrator(name, async (cx) => {
        await cx.callActivity("behaves", name);
        return deed();
    });
}

function rejecting() {
    Promise.reject(new Error("nobody handles this"));
}

orchestrator("rejects", async (cx) => {
    rejecting();
    await cx.event("never");
});

activity("task_rejects", rejecting);

/** Calls an activity, and fails with what that failed with. */
orchestrator("calls", (cx, name) => cx.callActivity(name, null));

activity("behaves", (input) => input);

orchestrator("sleeps", () => new Promise((resolve) => setTimeout(resolve, 10)));

activity("task_sleeps", () => new Promise((resolve) => setTimeout(() => resolve("slept"), 10)));

orchestrator("awaits_foreign", async (cx) => {
    await cx.callActivity("behaves", 1);
    await new Promise(() => {});
});

orchestrator("blocks", () => fetch("http://127.0.0.1:1/"));

/** Decides by chance and by the clock, which is bad style and does no harm. */
orchestrator("gambles", async (cx) => {
    const seen = [];
    for (let round = 0; round < 20; round += 1) {
        const name = Math.random() < 0.5 || new Date().getMilliseconds() % 2 === 0 ? "behaves" : "behaves_too";
        seen.push(await cx.callActivity(name, crypto.randomUUID()));
        if (round === 10) await cx.event("go");
    }
    return seen.length;
});

activity("behaves_too", (input) => input);

/** What chance gives in two calls of one activity must differ, although both begin as the same snapshot. */
activity("task_gambles", () => [Math.random(), crypto.randomUUID(), Date.now() > Date.UTC(2025)]);
