/** Waiting for several promises together: `race`, `all`, `allSettled` and `any`. */

import { jobs } from "./jobs.js";
import { PENDING, REJECTED, coerce, internal } from "./promise.js";

/** One of several promises that somebody waits for together. */
class Member {
    #result;
    #index;
    #crowd;

    constructor(result, index, crowd) {
        this.#result = result;
        this.#index = index;
        this.#crowd = crowd;
    }

    settled(isRejected, value) {
        if (internal.state(this.#result) !== PENDING) return;
        const { rules } = this.#crowd;
        if (isRejected) rules.rejected(this.#index, value);
        else rules.fulfilled(this.#index, value);
        this.#crowd.missing -= 1;
        if (this.#crowd.missing === 0 && internal.state(this.#result) === PENDING) rules.none();
    }

    isWanted() {
        return internal.state(this.#result) === PENDING && internal.isWanted(this.#result);
    }
}

/** What `race`, `all`, `allSettled` and `any` are, but for what they make of each end. */
export function gather(values, rulesFor) {
    const result = internal.pending();
    const list = [];
    const outputs = { list, set: (index, value) => (list[index] = value) };
    const members = [...values].map(coerce);
    list.length = members.length;
    const crowd = { rules: rulesFor(result, outputs), missing: members.length };
    internal.setAwaits(result, members);
    members.forEach((member, index) => internal.react(member, new Member(result, index, crowd)));
    if (members.length === 0) crowd.rules.none();
    return result;
}

/** Ends as the first one does. */
export const race = (result) => ({
    fulfilled: (_, value) => internal.resolve(result, value),
    rejected: (_, error) => reject(result, error),
    none: () => {},
});

/** All outputs, or the first error. */
export const all = (result, outputs) => ({
    fulfilled: (index, value) => outputs.set(index, value),
    rejected: (_, error) => reject(result, error),
    none: () => internal.resolve(result, outputs.list),
});

/** How each of them ended. */
export const allSettled = (result, outputs) => ({
    fulfilled: (index, value) => outputs.set(index, { status: "fulfilled", value }),
    rejected: (index, reason) => outputs.set(index, { status: "rejected", reason }),
    none: () => internal.resolve(result, outputs.list),
});

/** The first output, or all errors. */
export const any = (result, outputs) => ({
    fulfilled: (_, value) => internal.resolve(result, value),
    rejected: (index, error) => outputs.set(index, error),
    none: () => reject(result, new AggregateError(outputs.list, "all promises were rejected")),
});

function reject(promise, error) {
    internal.settle(promise, REJECTED, error, jobs.label);
}
