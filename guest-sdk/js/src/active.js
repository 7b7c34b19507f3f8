/** Activities and triggers: what they see, and the world they run in. They are not replayed. */

import { Client } from "./client.js";
import { Failure, misuse, toContract } from "./failure.js";
import { imported } from "./host.js";
import { leveled } from "./log.js";
import { decode, encode } from "./payload.js";
import { SplitMix64, uuidOf } from "./random.js";
import { all, find } from "./registry.js";
import { runToEnd } from "./run.js";
import { fromBytes, toBytes } from "./text.js";
import { Timers } from "./timers.js";
import { playing } from "./world.js";

/** How many bytes a stream of the host takes at once. */
const WRITE_MAX_BYTES = 4096;

/** Numbers by a generator that begins anew with each call; what must be hard to guess comes from the host. */
class HostChance extends SplitMix64 {
    constructor() {
        super(drawn());
    }

    fill(bytes) {
        bytes.set(imported("random").getRandomBytes(bytes.length));
    }

    nextUuid() {
        return uuidOf(drawn(), drawn());
    }
}

/** 64 bits of the host, in two halves. */
function drawn() {
    const view = new DataView(Uint8Array.from(imported("random").getRandomBytes(8)).buffer);
    return { high: view.getUint32(0), low: view.getUint32(4) };
}

/** The host's clock, chance and streams. Most calls need none of them, so each is asked for when it is used. */
class HostWorld {
    #random;
    #timers;
    /** When somebody first asked for the time. */
    #began;

    get now() {
        const { seconds, nanoseconds } = imported("wallClock").now();
        const now = Number(seconds) * 1000 + Math.floor(nanoseconds / 1e6);
        this.#began ??= now;
        return now;
    }

    get began() {
        return this.#began ?? this.now;
    }

    get random() {
        this.#random ??= new HostChance();
        return this.#random;
    }

    get timers() {
        this.#timers ??= new Timers();
        return this.#timers;
    }

    sleepUntil = (time) => {
        const pause = time - this.now;
        if (pause <= 0) return;
        const pollable = imported("monotonicClock").subscribeDuration(Math.ceil(pause * 1e6));
        pollable.block();
        pollable[Symbol.dispose]?.();
    };

    log = (level, message) => {
        const isProblem = level === "warn" || level === "error";
        const stream = isProblem ? imported("stderr").getStderr() : imported("stdout").getStdout();
        const bytes = toBytes(`${message}\n`);
        for (let at = 0; at < bytes.length; at += WRITE_MAX_BYTES) {
            stream.blockingWriteAndFlush(bytes.subarray(at, at + WRITE_MAX_BYTES));
        }
        stream[Symbol.dispose]?.();
    };
}

/** Runs a function in the world of the host, to its end. */
export function runInWorld(work) {
    const world = new HostWorld();
    return playing(world, () => runToEnd(() => work(world)));
}

/** What an activity sees of the call that it answers. */
class ActivityContext {
    #invocation;
    #write;

    constructor(invocation, write) {
        this.#invocation = invocation;
        this.#write = write;
    }

    get name() {
        return this.#invocation.name;
    }

    get instanceId() {
        return this.#invocation.instance;
    }

    get task() {
        return this.#invocation.task;
    }

    get attempt() {
        return this.#invocation.attempt;
    }

    get idempotencyKey() {
        return this.#invocation.idempotencyKey;
    }

    get deadline() {
        return new Date(this.#invocation.deadline);
    }

    get trace() {
        const { trace } = this.#invocation;
        return trace == null ? undefined : { parent: trace.parent, state: trace.state ?? undefined };
    }

    get log() {
        return leveled(this.#write);
    }

    get client() {
        return new Client();
    }

    /**
     * Shows a value with the status of the instance, and begins the timeout anew.
     * It says `"cancelled"` if nobody waits for the activity any more, and `"go-on"` otherwise.
     */
    progress(detail) {
        return imported("progress").report(encode(detail, "invalid-progress"));
    }

    fail(kind, message, options) {
        return new Failure(kind, message, options);
    }
}

/** Runs one attempt of an activity. */
export function runActivity(invocation, input) {
    return guarded(() => {
        const entry = found("activity", invocation.name);
        const value = decode(input);
        const output = runInWorld((world) => entry.run(value, new ActivityContext(invocation, world.log)));
        return encode(output, "invalid-output");
    });
}

/** Runs a timer trigger. */
export function fire(name, { scheduled, now, missed }) {
    guarded(() => {
        const entry = found("timer-trigger", name);
        const tick = { scheduled: new Date(scheduled), now: new Date(now), missed };
        runInWorld(() => entry.run(tick, new Client()));
    });
}

/** What a stream trigger is given. */
class Message {
    constructor({ subject, sequence, time, delivery, headers, data }) {
        Object.assign(this, { subject, sequence, delivery, headers, data: Uint8Array.from(data) });
        this.time = new Date(time);
    }

    text() {
        return fromBytes(this.data);
    }

    json() {
        try {
            return JSON.parse(fromBytes(this.data, "fatal"));
        } catch (error) {
            throw misuse("invalid-message", error.message);
        }
    }
}

/** Runs a stream trigger on a message. */
export function receive(name, message) {
    guarded(() => {
        const entry = found("stream-trigger", name);
        runInWorld(() => entry.run(new Message(message), new Client()));
    });
}

function found(role, name) {
    const entry = find(role, name);
    if (entry !== undefined) return entry;
    const known = all(role).map((other) => other.name);
    throw misuse("unknown-function", `there is no ${role} ${name}; there are ${known.join(", ")}`);
}

/** What is thrown is the error of the contract's result. */
function guarded(work) {
    try {
        return work();
    } catch (error) {
        throw toContract(error);
    }
}
