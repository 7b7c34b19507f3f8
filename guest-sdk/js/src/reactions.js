/**
 * What waits for a promise: each reaction is told once how it ended, and says whether anybody would still take notice.
 */

import { jobs } from "./jobs.js";
import { FULFILLED, REJECTED, coerce, internal } from "./promise.js";

/** `then`: runs one of two functions, and settles another promise with what it returns. */
export class Derived {
    #promise;
    #onFulfilled;
    #onRejected;

    constructor(promise, onFulfilled, onRejected) {
        this.#promise = promise;
        this.#onFulfilled = onFulfilled;
        this.#onRejected = onRejected;
    }

    settled(isRejected, value) {
        const handler = isRejected ? this.#onRejected : this.#onFulfilled;
        if (typeof handler !== "function") {
            internal.settle(this.#promise, isRejected ? REJECTED : FULFILLED, value, jobs.label);
            return;
        }
        let result;
        try {
            result = handler(value);
        } catch (error) {
            internal.settle(this.#promise, REJECTED, error, jobs.label);
            return;
        }
        internal.resolve(this.#promise, result);
    }

    isWanted() {
        return internal.isWanted(this.#promise);
    }
}

/** A promise that ends as another one does. */
export class Adoption {
    #promise;

    constructor(promise) {
        this.#promise = promise;
    }

    settled(isRejected, value) {
        internal.settle(this.#promise, isRejected ? REJECTED : FULFILLED, value, jobs.label);
    }

    isWanted() {
        return internal.isWanted(this.#promise);
    }
}

/** An async function that waits: its body is a generator that yields what it awaits. */
class Frame {
    #generator;
    #promise;

    constructor(generator, promise) {
        this.#generator = generator;
        this.#promise = promise;
    }

    settled(isRejected, value) {
        let step;
        try {
            step = isRejected ? this.#generator.throw(value) : this.#generator.next(value);
        } catch (error) {
            internal.settle(this.#promise, REJECTED, error, jobs.label);
            return;
        }
        if (step.done) {
            internal.resolve(this.#promise, step.value);
        } else {
            const awaited = coerce(step.value);
            internal.setAwaits(this.#promise, awaited);
            internal.react(awaited, this);
        }
    }

    isWanted() {
        return true;
    }
}

/** Runs an async function whose body was made a generator: the build tool puts this in place of esbuild's helper. */
export function runAsync(self, args, body) {
    const promise = internal.pending();
    let generator;
    try {
        generator = body.apply(self, args);
    } catch (error) {
        internal.settle(promise, REJECTED, error, jobs.label);
        return promise;
    }
    new Frame(generator, promise).settled(false, undefined);
    return promise;
}
