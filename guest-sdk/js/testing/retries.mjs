/** Attempts and the waits between them, as the host makes them. */

import { SplitMix64 } from "../src/random.js";

/** Makes attempts until one succeeds or the policy says that it was the last one; `answered` is told how it ended. */
export function attempts({ world, task, seed, retry, attempt }, answered) {
    const began = world.now;
    const make = (number) => {
        attempt(number, (result) => {
            const wait = result.failure === undefined ? null : waitOf(result.failure, retry, seed, task, number);
            const isLate = wait !== null && retry.retryTimeout != null && world.now + wait - began > retry.retryTimeout;
            if (wait === null || isLate) answered(result);
            else world.at(world.now + wait, () => make(number + 1));
        });
    };
    make(1);
}

/** How long to wait after this attempt, or `null` if it was the last one. */
function waitOf(failure, retry, seed, task, attempt) {
    if (retry == null || attempt >= retry.maxAttempts || failure.retryable === false) return null;
    const kinds = [failure.kind, ...failure.causes.map(({ kind }) => kind)];
    if (kinds.some((kind) => retry.nonRetryable.includes(kind))) return null;
    const grown = retry.firstInterval * retry.coefficient ** (attempt - 1);
    const base = Math.min(grown, retry.maxInterval ?? Infinity);
    // The seed of the execution is mixed with the task and the attempt.
    const mixed = { high: (seed.high ^ task) >>> 0, low: (seed.low ^ attempt) >>> 0 };
    return Math.max(0, Math.round(base - base * retry.jitter * new SplitMix64(mixed).nextNumber()));
}
