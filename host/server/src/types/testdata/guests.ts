/**
 * Typed stubs of durable functions, made by `dacapo types`. Do not change them: make them anew.
 * Nobody calls the stream-trigger on_event.
 * Nobody calls the timer-trigger nightly.
 */

import type { CallOptions, ChildOptions, Context, EntityReference, Task } from "dacapo";

/**
 * Tells the approver that there is something to decide. This example has nobody to tell, and gives back what it would
 * have said.
 */
export function askApprover(cx: Context, input: Request, options: CallOptions = {}): Task<string> {
    return cx.callActivity<string>("ask_approver", input, {
        retry: { maxAttempts: 5, firstInterval: "1s", coefficient: 2, jitter: 0.5 },
        ...options,
    });
}

/** Hands a parcel to the carrier. */
export function dispatch(cx: Context, input: string[], options: CallOptions = {}): Task<string> {
    return cx.callActivity<string>("dispatch", input, {
        retry: { maxAttempts: 3, firstInterval: "1s" },
        ...options,
    });
}

/** Writes a message down. This example has nowhere to write, and gives back what it would have written. */
export function messageLogger(cx: Context, input: Entry, options: CallOptions = {}): Task<string> {
    return cx.callActivity<string>("message_logger", input, {
        retry: { maxAttempts: 3, firstInterval: "1s" },
        ...options,
    });
}

/** Takes an item from the shelf. Unicorns are out of stock. */
export function pick(cx: Context, input: string, options: CallOptions = {}): Task<string> {
    return cx.callActivity<string>("pick", input, options);
}

/** Keeps money. */
export function account(cx: Context, key: string): EntityReference {
    return cx.entity("account", key);
}

/** Remembers a session. */
export function sessionHandler(cx: Context, key: string): EntityReference {
    return cx.entity("session_handler", key);
}

/** Asks, and waits for the event `approval`. Small amounts need no approval. */
export function approval(cx: Context, input: Request, options: ChildOptions = {}): Task<Decision> {
    return cx.child<Decision>("approval", input, options);
}

/** The sum of some accounts at one moment. */
export function audit(cx: Context, input: string[], options: ChildOptions = {}): Task<number> {
    return cx.child<number>("audit", input, options);
}

/** Ships all orders side by side. One that fails does not stop the others. */
export function batch(cx: Context, input: Order[], options: ChildOptions = {}): Task<Outcome[]> {
    return cx.child<Outcome[]>("batch", input, options);
}

/** Logs the message twice, and gives both results. */
export function messageOrchestrator(cx: Context, input: Posted, options: ChildOptions = {}): Task<string[]> {
    return cx.child<string[]>("message_orchestrator", input, options);
}

/** Asks for the approval of another instance that runs by itself, and withdraws when the event `cancel` comes first. */
export function purchase(cx: Context, input: Request, options: ChildOptions = {}): Task<string> {
    return cx.child<string>("purchase", input, options);
}

/** Picks the items of one order side by side and dispatches them. Version `2` wraps them as a gift. */
export function shipOrder(cx: Context, input: Order, options: ChildOptions = {}): Task<string> {
    return cx.child<string>("ship_order", input, options);
}

/** Locks both accounts, moves the money, and unlocks them: by the end of the block, or by a failure. */
export function transfer(cx: Context, input: Transfer, options: ChildOptions = {}): Task<Balances> {
    return cx.child<Balances>("transfer", input, options);
}

/** Grows a tree of children and counts its leaves. The host gives them their ids. */
export function tree(cx: Context, input: Tree, options: ChildOptions = {}): Task<number> {
    return cx.child<number>("tree", input, options);
}

/** What somebody wants to spend money on. */
export interface Request {
    cents: number;
    /** Silence is a no after so many milliseconds. */
    patience_ms: number;
    /** Who shall hear of the decision: an instance that waits for the event `decision`. Nobody, if it is left out. */
    reply_to?: string | null;
    what: string;
}

/** What the activity writes down. */
export interface Entry {
    message: string;
    step: number;
}

/** What was decided, and by whom. */
export interface Decision {
    approved: boolean;
    by: string;
}

/** What somebody ordered. */
export interface Order {
    id: string;
    items: string[];
}

/** What became of an order. */
export interface Outcome {
    order: string;
    /** The parcel, or nothing. */
    parcel?: string | null;
    /** Why there is no parcel. */
    problem?: string | null;
}

/** What somebody posts, or publishes. */
export interface Posted {
    message: string;
    /** Names the run, so that posting it again does not run it again. */
    run_id: string;
}

/** Who gives how much to whom. */
export interface Transfer {
    cents: number;
    from: string;
    to: string;
}

/** What the two have afterwards. */
export interface Balances {
    from: number;
    to: number;
}

/** How many children each one has, and how many generations of them. */
export interface Tree {
    depth: number;
    width: number;
}
