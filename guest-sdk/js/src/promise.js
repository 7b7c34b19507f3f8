/**
 * The `Promise` of a guest. It is the language's own in what it does, and runs on the queue of `jobs` and never on the
 * native one.
 *
 * It knows no host, no tasks and no time. `reactions` are what waits for a promise, `gather` waits for several, and
 * `durable` is settled by the host.
 */

import { all, allSettled, any, gather, race } from "./gather.js";
import { jobs } from "./jobs.js";
import { Adoption, Derived } from "./reactions.js";

export const PENDING = 0;
export const FULFILLED = 1;
export const REJECTED = 2;

/** In place of an executor: the promise is settled from within. */
const INTERNAL = () => {};

/** Promises that were rejected and that nobody looked at, durable tasks not counted. */
const unhandled = new Set();

/** What this module may do to a promise. */
export let internal;

class DacapoPromise {
    #state = PENDING;
    #value = undefined;
    /** Who waits, in the order in which they began. */
    #reactions = [];
    #moment = 0;
    /** Whose end settles this one: for the search for what a stalled function waits for. */
    #awaits = null;
    /** The stack of who made it, if that was not the SDK. */
    #made = null;

    constructor(executor) {
        if (executor === INTERNAL) return;
        if (typeof executor !== "function") throw new TypeError("a Promise takes a function");
        this.#made = new Error("made");
        const { resolve, reject } = this.#resolvers();
        try {
            executor(resolve, reject);
        } catch (error) {
            reject(error);
        }
    }

    get [Symbol.toStringTag]() {
        return "Promise";
    }

    then(onFulfilled, onRejected) {
        const derived = new DacapoPromise(INTERNAL);
        derived.#awaits = this;
        this.#react(new Derived(derived, onFulfilled, onRejected));
        return derived;
    }

    catch(onRejected) {
        return this.then(undefined, onRejected);
    }

    finally(onSettled) {
        if (typeof onSettled !== "function") return this.then(onSettled, onSettled);
        return this.then(
            (value) => DacapoPromise.resolve(onSettled()).then(() => value),
            (error) =>
                DacapoPromise.resolve(onSettled()).then(() => {
                    throw error;
                }),
        );
    }

    static get [Symbol.species]() {
        return DacapoPromise;
    }

    static resolve(value) {
        return coerce(value);
    }

    static reject(error) {
        const promise = new DacapoPromise(INTERNAL);
        promise.#settle(REJECTED, error, jobs.label);
        return promise;
    }

    static withResolvers() {
        const promise = new DacapoPromise(INTERNAL);
        promise.#made = new Error("made");
        return { promise, ...promise.#resolvers() };
    }

    static try(work, ...args) {
        return new DacapoPromise((resolve) => resolve(work(...args)));
    }

    static race(values) {
        return gather(values, race);
    }

    static all(values) {
        return gather(values, all);
    }

    static allSettled(values) {
        return gather(values, allSettled);
    }

    static any(values) {
        return gather(values, any);
    }

    #resolvers() {
        let isDone = false;
        const once = (settle) => (value) => {
            if (isDone) return;
            isDone = true;
            settle(value);
        };
        return {
            resolve: once((value) => this.#resolve(value)),
            reject: once((error) => this.#settle(REJECTED, error, jobs.label)),
        };
    }

    /** Settles with a value, or as another promise is settled. */
    #resolve(value) {
        if (value === this) {
            this.#settle(REJECTED, new TypeError("a promise cannot wait for itself"), jobs.label);
        } else if (isOurs(value)) {
            this.#awaits = value;
            value.#react(new Adoption(this));
        } else if (isObject(value)) {
            this.#resolveObject(value);
        } else {
            this.#settle(FULFILLED, value, jobs.label);
        }
    }

    #resolveObject(value) {
        let then;
        try {
            then = value.then;
        } catch (error) {
            this.#settle(REJECTED, error, jobs.label);
            return;
        }
        if (typeof then !== "function") {
            this.#settle(FULFILLED, value, jobs.label);
            return;
        }
        const { resolve, reject } = this.#resolvers();
        const settled = () => {
            try {
                then.call(value, resolve, reject);
            } catch (error) {
                reject(error);
            }
        };
        jobs.push(jobs.label, { settled }, false, undefined);
    }

    #settle(state, value, moment) {
        if (this.#state !== PENDING) return;
        this.#state = state;
        this.#value = value;
        this.#moment = moment;
        this.#awaits = null;
        this.#made = null;
        const reactions = this.#reactions;
        this.#reactions = [];
        if (state === REJECTED && reactions.length === 0 && !this.isDurable) unhandled.add(this);
        for (const reaction of reactions) jobs.push(moment, reaction, state === REJECTED, value);
    }

    #react(reaction) {
        if (this.#state === PENDING) {
            this.#reactions.push(reaction);
            // Whoever had lost interest may have it again.
            if (this.#reactions.length > 1) roots(this).forEach((root) => root.awaited?.());
            return;
        }
        unhandled.delete(this);
        jobs.push(this.#moment, reaction, this.#state === REJECTED, this.#value);
    }

    /**
     * Whether somebody would take notice of the end. Nobody does if all who did have an end of their own by now, as
     * the loser of a race has. What nobody has looked at yet is wanted: that may still come.
     */
    #isWanted() {
        return this.#reactions.length === 0 || this.#reactions.some((reaction) => reaction.isWanted());
    }

    static {
        internal = {
            marker: INTERNAL,
            pending: () => new DacapoPromise(INTERNAL),
            resolve: (promise, value) => promise.#resolve(value),
            settle: (promise, state, value, moment) => promise.#settle(state, value, moment),
            react: (promise, reaction) => promise.#react(reaction),
            state: (promise) => promise.#state,
            value: (promise) => promise.#value,
            isWanted: (promise) => promise.#isWanted(),
            isOurs: (value) => isObject(value) && #state in value,
            awaits: (promise) => promise.#awaits,
            setAwaits: (promise, awaited) => {
                promise.#awaits = awaited;
            },
            made: (promise) => promise.#made,
        };
    }
}

Object.defineProperty(DacapoPromise, "name", { value: "Promise" });

function isObject(value) {
    return (typeof value === "object" && value !== null) || typeof value === "function";
}

function isOurs(value) {
    return internal.isOurs(value);
}

/** The promise that a value is, or one that has it. */
export function coerce(value) {
    if (isOurs(value)) return value;
    const promise = internal.pending();
    internal.resolve(promise, value);
    return promise;
}

/** The promises that this one waits for in the end: those that nothing known will settle. */
export function roots(promise) {
    const found = new Set();
    const seen = new Set();
    const open = [promise];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
        if (seen.has(next) || internal.state(next) !== PENDING) continue;
        seen.add(next);
        const awaited = internal.awaits(next);
        if (awaited === null) found.add(next);
        else open.push(...(Array.isArray(awaited) ? awaited : [awaited]));
    }
    return [...found];
}

/** The first error that nobody looked at, as `{ error }`. The others are forgotten. */
export function takeUnhandled() {
    for (const promise of unhandled) {
        unhandled.clear();
        return { error: internal.value(promise) };
    }
    return null;
}

/** Forgets everything: another function begins. */
export function resetJobs() {
    jobs.reset();
    unhandled.clear();
}

/** Runs a function when the code that runs now has come to a wait. */
export function queueMicrotask(work) {
    if (typeof work !== "function") throw new TypeError("queueMicrotask takes a function");
    coerce(undefined).then(work);
}

export { DacapoPromise as Promise };
