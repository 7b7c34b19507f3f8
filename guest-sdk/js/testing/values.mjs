/** Payloads, seeds and failures between a test and a realm: the words of the contract as Node's own objects. */

import { milliseconds } from "../src/time.js";

/** The time at which every test begins: 2026-01-01T00:00:00Z. */
export const BEGIN_MS = 1_767_225_600_000;

/** The value of a payload. */
export function value(payload) {
    return JSON.parse(Buffer.from(payload).toString("utf8"));
}

/** The payload of a value. */
export function payload(given) {
    return new Uint8Array(Buffer.from(JSON.stringify(given ?? null)));
}

/** A failure without what belongs to its realm. */
export function plainFailure({ kind, message, details, retryable, causes = [] }) {
    return {
        kind,
        message,
        ...(details == null ? {} : { details }),
        retryable: retryable !== false,
        causes: [...causes].map(({ kind: word, message: text, details: more }) => {
            return { kind: word, message: text, ...(more == null ? {} : { details: more }) };
        }),
    };
}

/** A failure in the form of the contract: of what an answer of a test has thrown. */
export function failureOf(error) {
    if (error?.kind === undefined) {
        const message = `${error?.name ?? "Error"}: ${error?.message ?? error}`;
        return { kind: "error", message, details: null, retryable: true, causes: [] };
    }
    const { kind, message, details, retryable, causes = [] } = error;
    return { kind, message, details: details ?? null, retryable: retryable !== false, causes: [...causes] };
}

/** A seed of a number. */
export function seedOf(number) {
    return { high: Math.floor(number / 2 ** 32), low: number >>> 0 };
}

/** An entity as people write it. */
export function entityText({ name, key }) {
    return `@${name.toLowerCase()}@${key}`;
}

export { milliseconds };
