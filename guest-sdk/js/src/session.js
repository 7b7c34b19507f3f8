/**
 * One execution in memory: plays events against an orchestrator and collects its decisions.
 *
 * After each single event all jobs run until none is left, and only then the next event is taken, so how the turns of a
 * history are distributed over calls of `advance` cannot be seen in the decisions.
 */

import { Context } from "./context.js";
import { within } from "./current.js";
import { madeAt, outcome } from "./durable.js";
import { misuse, toContract } from "./failure.js";
import { jobs } from "./jobs.js";
import { Machine } from "./machine.js";
import { decode, encode } from "./payload.js";
import { Promise, resetJobs, roots, takeUnhandled } from "./promise.js";
import { all, find } from "./registry.js";
import { placeOf } from "./stack.js";
import { playing } from "./world.js";

class Session {
    #machine;
    #root;
    /** How the execution ended, as a status of the contract, or `null`. */
    #end = null;

    constructor(start) {
        this.#machine = new Machine(start);
        this.#root = null;
        resetJobs();
        this.#play(() => {
            this.#root = Promise.try(() => run(start, new Context(this.#machine)));
        });
    }

    advance(turns) {
        const machine = this.#machine;
        for (const { now, replaying, events } of turns) {
            machine.now = now;
            machine.isReplaying = replaying;
            for (const event of events) {
                if (this.#end === null) this.#play(() => machine.deliver(event));
                else if (event.tag === "event-raised") machine.deliver(event);
            }
        }
    }

    step() {
        const status = this.#end === null ? { tag: "waiting", val: this.#machine.mailbox.wanted() } : this.#end();
        return { ...this.#machine.take(), status };
    }

    /** Lets something happen, and runs what it wakes until all of that waits. */
    #play(happen) {
        const machine = this.#machine;
        within(machine, () =>
            playing(machine, () => {
                happen();
                jobs.drain(() => machine.next !== null);
                this.#end = this.#ending();
            }),
        );
        if (this.#end !== null) machine.mailbox.close();
    }

    #ending() {
        const { next } = this.#machine;
        if (next !== null) return () => this.#continued(next);
        const { status, value, error } = outcome(this.#root);
        if (status === "fulfilled") return ended(() => encode(value, "invalid-output"));
        if (status === "rejected") return failed(error);
        const unhandled = takeUnhandled();
        if (unhandled !== null) return failed(unhandled.error);
        return this.#machine.isWaiting() ? null : failed(stalled(this.#root));
    }

    #continued({ input, keepsEvents }) {
        const carried = keepsEvents ? this.#machine.mailbox.untaken() : [];
        return { tag: "continued-as-new", val: { input, carried } };
    }
}

let session = null;

/** Begins an execution and plays its first turn. Whatever was there is gone. */
export function open(start) {
    session = new Session(start);
    return session.step();
}

/** Plays further turns, in order. */
export function advance(turns) {
    session.advance(turns);
    return session.step();
}

function run(start, context) {
    const entry = find("orchestrator", start.name);
    if (entry === undefined) {
        const known = all("orchestrator").map(({ name }) => name);
        throw misuse("unknown-function", `there is no orchestrator ${start.name}; there are ${known.join(", ")}`);
    }
    return entry.run(context, decode(start.input));
}

function ended(output) {
    try {
        const val = output();
        return () => ({ tag: "completed", val });
    } catch (error) {
        return failed(error);
    }
}

function failed(error) {
    const val = toContract(error);
    return () => ({ tag: "failed", val });
}

function stalled(root) {
    const places = roots(root).map((promise) => placeOf(madeAt(promise) ?? {}));
    const known = [...new Set(places.filter((place) => place !== undefined))];
    const where = known.length === 0 ? "" : `, made at ${known.join(" and at ")}`;
    const what = `it awaits a promise that is not durable${where}`;
    const message = `the orchestrator waits, but for no task, no timer and no event that could wake it: ${what}`;
    return misuse("stalled", message);
}
