/** Words that all functions share: times, options, failures. */

/** A JSON Schema (2020-12). */
export type Schema = boolean | { readonly [keyword: string]: unknown };

/** A length of time: milliseconds, or a text such as `"30s"`, `"1h30m"` or `"7d"`. */
export type Duration = number | string;

/** A point in time: a `Date`, milliseconds since 1970, or a text of ISO 8601. */
export type Time = Date | number | string;

/** When and how often a failed call is tried again. A number alone means so many attempts, one second apart. */
export interface RetryPolicy {
    /** Attempts in all, the first one included. */
    maxAttempts: number;
    /** The wait after the first failed attempt; a second unless given. */
    firstInterval?: Duration;
    /** Each wait is this many times the one before; at least 1. */
    coefficient?: number;
    /** No wait is longer than this. */
    maxInterval?: Duration;
    /** No new attempt begins later than this after the call was made. */
    retryTimeout?: Duration;
    /** Which part of each wait, from 0 to 1, is left to chance. The chance is the same in every replay. */
    jitter?: number;
    /** Kinds of failures that end the call at once. */
    nonRetryable?: readonly string[];
}

/** How the host treats one call of an activity. It wins over what the activity recommends. */
export interface CallOptions {
    retry?: RetryPolicy | number | null;
    /** Wall time of one attempt, counted anew from each report of progress. */
    timeout?: Duration;
}

/** How a child is started. */
export interface ChildOptions {
    /** Its id, instead of one that the host derives. */
    id?: string;
    /** What it sees as `cx.version`. */
    version?: string;
    /** Each attempt is a new instance. */
    retry?: RetryPolicy | number | null;
}

/** How an orchestration is started by a client or an entity. */
export interface StartOptions {
    id?: string;
    version?: string;
    /** Not before this time. */
    at?: Time;
}

/** What is said of a function where it is defined. */
export interface FunctionOptions {
    /** What it does, in plain text or Markdown. */
    doc?: string;
    /** The JSON Schema of the input. */
    input?: Schema;
    /** The JSON Schema of the output. */
    output?: Schema;
}

/** What an activity recommends to its callers. */
export interface ActivityOptions extends FunctionOptions, CallOptions {}

/** A failure behind a failure. */
export interface Cause {
    kind: string;
    message: string;
    details?: string;
}

export interface FailureOptions {
    /** Anything longer, as plain text. */
    details?: string;
    /** Whether a retry policy may try again; `true` unless given. */
    retryable?: boolean;
    causes?: readonly Cause[];
    /** What led to it. It and its causes become causes. */
    cause?: unknown;
}

/** Why something did not succeed, as data that crosses languages. What an author throws becomes one. */
export class Failure extends Error {
    constructor(kind: string, message: string, options?: FailureOptions);
    /** A short stable word that code may branch on. Kinds that begin with `dacapo:` come from the host. */
    readonly kind: string;
    readonly details: string | undefined;
    readonly retryable: boolean;
    /** What led to it, the nearest first. */
    readonly causes: readonly Cause[];
    /** Whether the failure, or one of its causes, is of this kind. */
    is(kind: string): boolean;
}
