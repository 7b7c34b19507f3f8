/**
 * Why something did not succeed, as data that is recorded and crosses languages.
 *
 * It knows the form of a failure in the contract, and makes one of whatever an author throws.
 */

import { inspect } from "./inspect.js";
import { TEXT_MAX_LENGTH, fitting } from "./limits.js";
import { stackOf } from "./stack.js";

/** How many causes the host keeps. */
const CAUSES_MAX_COUNT = 8;

/** A failure with a kind that code may branch on. Failures of tasks arrive as such. */
export class Failure extends Error {
    constructor(kind, message, { details, retryable = true, causes = [], cause } = {}) {
        super(message);
        this.kind = kind;
        this.details = details;
        this.retryable = retryable;
        this.causes = cause === undefined ? causes : [...causesOf(cause), ...causes];
        if (cause !== undefined) this.cause = cause;
    }

    /** Whether the failure, or one of its causes, is of this kind. */
    is(kind) {
        return this.kind === kind || this.causes.some((cause) => cause.kind === kind);
    }
}

Object.defineProperty(Failure.prototype, "name", { value: "Failure", configurable: true, writable: true });

/** The SDK's own failures: trying again cannot help. */
export function misuse(kind, message) {
    return new Failure(kind, message, { retryable: false });
}

/** A failure that the host gives. Its stack would be the SDK's, so it has none. */
export function fromContract({ kind, message, details, retryable, causes }) {
    const failure = new Failure(kind, message, { details: details ?? undefined, retryable, causes: causes.map(known) });
    failure.isOfTask = true;
    return failure;
}

function known({ kind, message, details }) {
    return { kind, message, details: details ?? undefined };
}

/** What was thrown, in the form of the contract. */
export function toContract(error) {
    const { kind, message, details, retryable, causes } = described(error);
    const kept = causes.slice(0, CAUSES_MAX_COUNT).map(contractCause);
    return {
        kind,
        message: fitting(message),
        details: details == null ? null : fitting(details),
        retryable,
        causes: kept,
    };
}

function contractCause({ kind, message, details }) {
    return { kind, message: fitting(message), details: details == null ? null : fitting(details) };
}

function described(error) {
    // The error of a task in another style: it is recorded as it was.
    if (error?.failure instanceof Failure) return described(error.failure);
    if (error instanceof Failure) {
        const details = error.details ?? (error.isOfTask ? undefined : stackOf(error));
        return { kind: error.kind, message: error.message, details, retryable: error.retryable, causes: error.causes };
    }
    if (error instanceof Error) {
        const hasKind = typeof error.kind === "string";
        return {
            kind: hasKind ? error.kind : "error",
            message: hasKind ? String(error.message) : headline(error),
            details: typeof error.details === "string" ? error.details : stackOf(error),
            retryable: error.retryable !== false,
            causes: [...membersOf(error), ...(error.cause === undefined ? [] : causesOf(error.cause))],
        };
    }
    const message = `something was thrown that is no Error: ${inspect(error)}`;
    return { kind: "error", message, details: undefined, retryable: true, causes: [] };
}

/** `TypeError: x is not a function`, as the language prints it. */
function headline(error) {
    const text = String(error.message ?? "").slice(0, TEXT_MAX_LENGTH + 1);
    const name = String(error.name ?? "Error");
    return text === "" ? name : `${name}: ${text}`;
}

/** The errors of an `AggregateError`. */
function membersOf(error) {
    return error instanceof AggregateError && Array.isArray(error.errors) ? error.errors.flatMap(causesOf) : [];
}

function causesOf(error) {
    const { kind, message, details, causes } = described(error);
    return [{ kind, message, details }, ...causes];
}
