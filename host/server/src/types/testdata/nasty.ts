/**
 * Typed stubs of durable functions, made by `dacapo types`. Do not change them: make them anew.
 * Nobody calls the timer-trigger nightly.
 */

import type { CallOptions, ChildOptions, Context, EntityReference, Task } from "dacapo";

/**
 * Note: input: "nonsense" is no schema, so it may be anything.
 * Note: output: "color" is no type, so it may be anything.
 */
export function _2nd(cx: Context, input: unknown, options: CallOptions = {}): Task<unknown> {
    return cx.callActivity<unknown>("2nd", input, {
        timeout: "1ms",
        ...options,
    });
}

/**
 * Ends a comment *\/ and a docstring """ and a line
 * here.
 *
 *     fn looks_like_an_example() {}
 *
 * ```
 * let x = 1;
 * ```
 * C:\new\u0041 "
 */
export function classActivity(cx: Context, input: unknown, options: CallOptions = {}): Task<never> {
    return cx.callActivity<never>("class", input, options);
}

/**
 * Note: input: the parts of its `allOf` do not make one type: "string" is not "integer", so it may be anything.
 * Note: output: its list may be shorter or longer than its schema describes.
 */
export function conflict(cx: Context, input: unknown, options: CallOptions = {}): Task<unknown[]> {
    return cx.callActivity<unknown[]>("conflict", input, options);
}

/**
 * Note: input: its schema has `not`, which no type expresses.
 * Note: output: its schema has `patternProperties`, which no type expresses.
 */
export function narrow(cx: Context, input: string, options: CallOptions = {}): Task<{ [name: string]: number }> {
    return cx.callActivity<{ [name: string]: number }>("narrow", input, options);
}

export function records(cx: Context, input: Record, options: CallOptions = {}): Task<Record2> {
    return cx.callActivity<Record2>("records", input, options);
}

/** deceives a reader[31m */
export function sayHello(cx: Context, input: string, options: CallOptions = {}): Task<unknown> {
    return cx.callActivity<unknown>("say-hello", input, options);
}

export function sayHelloActivity(cx: Context, input: number | null, options: CallOptions = {}): Task<null> {
    return cx.callActivity<null>("say_hello", input, {
        retry: { maxAttempts: 3, firstInterval: "1500ms", coefficient: 2, maxInterval: "60s", retryTimeout: "90s", jitter: 0.25, nonRetryable: ["card-\"declined\""] },
        timeout: "30s",
        ...options,
    });
}

/** Recursive in all ways. */
export function tree(cx: Context, input: Tree, options: CallOptions = {}): Task<[string, number]> {
    return cx.callActivity<[string, number]>("tree", input, options);
}

/** Keeps money. */
export function account(cx: Context, key: string): EntityReference {
    return cx.entity("Account", key);
}

/**
 * Note: input: nothing is known of "#/nowhere", so it may be anything.
 * Note: output: nothing is known of "https://example.com/schema", so it may be anything.
 */
export function value(cx: Context, input: unknown, options: ChildOptions = {}): Task<unknown> {
    return cx.child<unknown>("...", input, options);
}

/** The same name in another kind. */
export function sayHelloChild(cx: Context, input: unknown = null, options: ChildOptions = {}): Task<unknown> {
    return cx.child<unknown>("say_hello", input, options);
}

/** Variants as serde writes them. */
export function shapes(cx: Context, input: Shape, options: ChildOptions = {}): Task<Joined> {
    return cx.child<Joined>("shapes", input, options);
}

/**
 * Names of all kinds. *\/
 * Note: `mixed`: one of its values is not a plain one, so it may be anything.
 */
export interface Record {
    "\"quoted\"\n"?: string;
    "__proto__"?: unknown;
    color?: "red" | "dark-red" | "Red" | "" | null;
    either?: string | number | null;
    flag?: true;
    "größe"?: number;
    level?: 1 | 2 | 2.5;
    mixed?: unknown;
    nested?: RecordNested;
    nothing?: null;
    runId: string;
    run_id: number;
    self?: boolean;
    /** A keyword. """ *\/ */
    type: string;
    "with space"?: number;
    /** All others are of the type string. */
    [name: string]: unknown;
}

export interface RecordNested {
    list?: unknown[];
    [name: string]: unknown;
}

export interface Record2 {
    other?: string;
}

export interface Tree {
    all: Tree[];
    json?: Json;
    leaf?: Pair;
    left: Tree | null;
    named?: { [name: string]: Tree };
    self?: Self;
}

/** Any JSON. */
export type Json = boolean | number | string | Json[] | { [name: string]: Json } | null;

export type Pair = [string, Pair | null];

/** Note: it is defined by itself, so it may be anything. */
export type Self = unknown;

export type Shape = Shape1 | Shape2 | "point";

export interface Shape1 {
    kind: "circle";
    radius: number;
}

export interface Shape2 {
    kind: "square";
    side: number;
}

export type Joined = Joined1 | Joined2;

export interface Joined1 {
    age?: number;
    id: string;
    name: string;
    ok: boolean;
}

export interface Joined2 {
    age?: number;
    error: string;
    id: string;
    name: string;
}
