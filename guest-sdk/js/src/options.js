/** How the host shall treat one call: retries and timeouts as authors write them, and in the form of the contract. */

import { milliseconds } from "./time.js";

const RETRY = new Set([
    "maxAttempts",
    "firstInterval",
    "coefficient",
    "maxInterval",
    "retryTimeout",
    "jitter",
    "nonRetryable",
]);

/**
 * The options of an activity: `{ retry, timeout }`.
 *
 * @throws {TypeError} if one of them is not what it must be
 */
export function activityOptions({ retry, timeout } = {}) {
    return { retry: retryPolicy(retry), timeout: timeout == null ? null : milliseconds(timeout) };
}

/** The options of a call, where it says nothing those that the activity recommends. */
export function overriding(defaults, options) {
    if (options === undefined) return defaults;
    const { retry, timeout } = options;
    return {
        retry: retry === undefined ? defaults.retry : retryPolicy(retry),
        timeout: timeout == null ? defaults.timeout : milliseconds(timeout),
    };
}

/** A number of attempts, or all of a policy; `null` for none. */
export function retryPolicy(retry) {
    if (retry == null) return null;
    const given = typeof retry === "number" ? { maxAttempts: retry } : retry;
    const unknown = Object.keys(given).find((name) => !RETRY.has(name));
    if (unknown !== undefined) throw new TypeError(`retry has no option ${unknown}; it has ${[...RETRY].join(", ")}`);
    const optional = (duration) => (duration == null ? null : milliseconds(duration));
    return {
        maxAttempts: attempts(given.maxAttempts),
        firstInterval: milliseconds(given.firstInterval ?? 1_000),
        coefficient: given.coefficient ?? 1,
        maxInterval: optional(given.maxInterval),
        retryTimeout: optional(given.retryTimeout),
        jitter: given.jitter ?? 0,
        nonRetryable: [...(given.nonRetryable ?? [])],
    };
}

function attempts(count) {
    if (!Number.isInteger(count) || count < 1 || count > 0xffffffff) {
        throw new TypeError(`retry.maxAttempts is a whole number of at least 1, not ${String(count)}`);
    }
    return count;
}
