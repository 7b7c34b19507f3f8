/** The types of `dacapo/testing`: apps under Node, in virtual time. */

import type { Duration } from "./words.js";

export interface LoadOptions {
    /** The folder from which files are named; the current one unless given. */
    directory?: string;
    /** The folder in which esbuild is installed, if it is not found from here. */
    modules?: string;
}

/** Bundles an app as the build tool does, and checks that it can be loaded. */
export function load(entry: string, options?: LoadOptions): Promise<App>;

export interface StartOptions {
    /** Functions that stand for activities and children, by name. Those without one run for real. */
    answers?: Record<string, (input: any, invocation?: { attempt: number; task: number }) => unknown>;
    /** How long activities and children with an answer take. */
    takes?: Record<string, Duration>;
    /** External events, counted from the start. */
    events?: { after: Duration; name: string; value?: unknown }[];
    /** States of entities by `@name@key`. */
    entities?: Record<string, unknown>;
    seed?: number;
    version?: string;
    parent?: string;
    tags?: Record<string, string>;
}

/** What became of an orchestration. */
export interface Run {
    output: any;
    failure: PlainFailure | undefined;
    /** The custom status. */
    status: any;
    /** Milliseconds from the start to the end. */
    elapsed: number;
    /** `info: text` for each line. */
    logs: string[];
    /** What was decided and what happened, one line each. */
    trace: string[];
    /** The decisions of each execution, by their kinds. */
    executions: string[][];
    entity(name: string | { functionName: string }, key: string): any;
}

export interface PlainFailure {
    kind: string;
    message: string;
    details?: string;
    retryable: boolean;
    causes: { kind: string; message: string; details?: string }[];
}

/** The answer to a request. */
export interface Answer {
    status: number;
    /** By their names in lower case. */
    headers: Record<string, string>;
    text: string;
    /** Whether the body was sent to its end. */
    isFinished: boolean;
    json(): any;
}

export interface DeskOptions {
    states?: Record<string, unknown>;
    statuses?: Record<string, unknown>;
    seed?: number;
}

/** The hub as triggers and activities see it. A failure of theirs is thrown, as an error with `kind` and `causes`. */
export interface Desk {
    /** What was asked of the hub, one line each. */
    readonly asked: string[];
    /** What was written, `out: text` or `err: text`. */
    readonly lines: string[];
    /** What activities have reported. */
    readonly reports: unknown[];
    request(method: string, path: string, options?: { headers?: Record<string, string>; body?: unknown }): Answer;
    tick(name: string, options?: { scheduled?: number; missed?: number }): void;
    message(
        name: string,
        options?: {
            subject?: string;
            json?: unknown;
            data?: string | Uint8Array;
            sequence?: number;
            delivery?: number;
        },
    ): void;
    activity(name: string, input?: unknown, options?: { attempt?: number; timeout?: Duration }): any;
}

export interface App {
    readonly functions: {
        name: string;
        kind: string;
        doc: string | null;
        inputSchema: string | null;
        outputSchema: string | null;
    }[];
    /** Plays an orchestration to its end. */
    start(name: string | { functionName: string }, input?: unknown, options?: StartOptions): Run;
    desk(options?: DeskOptions): Desk;
}
