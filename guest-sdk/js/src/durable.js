/** Promises that an event of the host settles, and the question what a function waits for in the end. */

import { jobs } from "./jobs.js";
import { FULFILLED, PENDING, REJECTED, Promise, internal } from "./promise.js";

/** A promise that an event of the host settles. */
export class Durable extends Promise {
    constructor() {
        super(internal.marker);
    }

    /** A rejection that nobody looks at is no mistake: the task may be awaited later. */
    get isDurable() {
        return true;
    }

    fulfil(value, moment = jobs.moment) {
        internal.settle(this, FULFILLED, value, moment);
    }

    fail(error, moment = jobs.moment) {
        internal.settle(this, REJECTED, error, moment);
    }

    get isPending() {
        return internal.state(this) === PENDING;
    }

    get isWanted() {
        return this.isPending && internal.isWanted(this);
    }
}

/** How a promise ended, if it did. */
export function outcome(promise) {
    const state = internal.state(promise);
    if (state === PENDING) return { status: "pending" };
    const value = internal.value(promise);
    return state === FULFILLED ? { status: "fulfilled", value } : { status: "rejected", error: value };
}

/** Where a promise was made: an error with that stack, or `null` if the SDK made it. */
export function madeAt(promise) {
    return internal.made(promise);
}
