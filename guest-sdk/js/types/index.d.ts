/** The types of `dacapo`: durable functions in JavaScript and TypeScript. */

import type { Client } from "./client.js";
import type { Request } from "./web.js";
import type {
    ActivityOptions,
    CallOptions,
    ChildOptions,
    Duration,
    Failure,
    FailureOptions,
    FunctionOptions,
    RetryPolicy,
    StartOptions,
    Time,
} from "./words.js";

export * from "./client.js";
export * from "./web.js";
export * from "./words.js";

/** A promise that an event of the host settles. What it stands for runs since it was made, awaited or not. */
export interface Task<T> extends Promise<T> {
    /**
     * Nobody wants it any more: an activity is told so at its next report of progress, a child is terminated, a timer
     * does not fire, an event goes to the next who waits. The promise is not settled then.
     */
    cancel(): void;
}

/** The arguments after which a function takes its input; none if it takes none. */
type Given<Input> = unknown extends Input
    ? [input?: unknown]
    : undefined extends Input
      ? [input?: Input]
      : [input: Input];

/** An activity. Called in an orchestrator, it is scheduled. */
export interface Activity<Input = unknown, Output = unknown> {
    (...given: [...Given<Input>, options?: CallOptions]): Task<Output>;
    readonly functionName: string;
    /** The plain function, for a test. */
    readonly run: (input: Input, cx: ActivityContext) => Output | Promise<Output>;
}

/** An orchestrator. Called in another one, it is started as a child. */
export interface Orchestrator<Input = unknown, Output = unknown> {
    (...given: [...Given<Input>, options?: ChildOptions]): Task<Output>;
    readonly functionName: string;
    readonly run: (cx: Context, input: Input) => Output | Promise<Output>;
}

/** The operations of an entity: for each its input and its output. */
export type Operations = object;

/** An entity, as a type of those that have keys. */
export interface Entity<Ops extends Operations = Record<string, (input?: any) => unknown>> {
    readonly functionName: string;
    /** Only for the type: which operations there are. */
    readonly operations?: Ops;
}

type InputOf<Operation> = Operation extends (input: infer Input, ...rest: never[]) => unknown ? Input : undefined;
type OutputOf<Operation> = Operation extends (...args: never[]) => infer Output ? Awaited<Output> : unknown;
type NameOf<Ops> = { [Name in keyof Ops]: Ops[Name] extends (...args: never[]) => unknown ? Name : never }[keyof Ops] &
    string;

/** Signals of one entity. Nobody hears whether the operation succeeds. */
export interface EntitySignals<Ops extends Operations = Record<string, (input?: any) => any>> {
    readonly id: EntityId;
    /** Runs an operation, exactly once, not before `at`. */
    signal<Name extends NameOf<Ops>>(
        operation: Name | "delete",
        ...given: [...Given<InputOf<Ops[Name]>>, options?: { at?: Time }]
    ): void;
}

/** Calls and signals of one entity. */
export interface EntityReference<
    Ops extends Operations = Record<string, (input?: any) => any>,
> extends EntitySignals<Ops> {
    /** Runs an operation, exactly once; await it for its output, or its failure. */
    call<Name extends NameOf<Ops>>(operation: Name, ...given: Given<InputOf<Ops[Name]>>): Task<OutputOf<Ops[Name]>>;
}

/** The name of an entity: which kind, without regard to case, and which one of these. */
export class EntityId {
    constructor(name: string | Entity<any>, key: string);
    readonly name: string;
    readonly key: string;
    toString(): string;
}

/** A critical section. It ends with `release`, at the end of a `using` block, or with the orchestration. */
export interface Lock {
    release(): void;
}

/** Writes lines; called itself, it writes one of the level `info`. */
export interface Log {
    (...args: unknown[]): void;
    trace(...args: unknown[]): void;
    debug(...args: unknown[]): void;
    info(...args: unknown[]): void;
    warn(...args: unknown[]): void;
    error(...args: unknown[]): void;
}

/** A request that an orchestrator sends through the host. */
export interface HttpRequest {
    method?: string;
    url: string | URL;
    headers?: Record<string, string>;
    /** The body as text. */
    content?: string;
    /** The body as a value, sent as `application/json`. */
    json?: unknown;
    /** Gives up on a request after this time; waits between polls do not count. */
    timeout?: Duration;
    /** Sends a request again that got no response. */
    retry?: RetryPolicy | number;
    /**
     * Whether a response with the status 202 and a `Location` is polled until it is another one; `true` unless given.
     */
    poll?: boolean;
}

/** What came back. Any status is a response; only what prevented one is a failure. */
export class HttpResponse {
    readonly status: number;
    /** By their names in lower case. */
    readonly headers: Record<string, string>;
    readonly content: string;
    header(name: string): string | undefined;
    json<T = any>(): T;
}

/** What an orchestrator can do. Everything durable is here, or a call of an activity, or built of these. */
export interface Context {
    readonly name: string;
    readonly instanceId: string;
    /** Counts the lives of this instance, from 1. */
    readonly execution: number;
    /** The version that the caller asked for. */
    readonly version: string | undefined;
    /** The orchestration that started this one. */
    readonly parent: string | undefined;
    /** What the caller attached; children have the tags of their parent. */
    readonly tags: Record<string, string>;
    /** The time of this turn. It stands still between two awaits and never goes back. So does `new Date()`. */
    readonly now: Date;
    /** Whether this turn was played before. Nothing that is decided may depend on it. */
    readonly isReplaying: boolean;
    /** The log of the instance; `console` writes to it, too. Lines of replayed turns are not written again. */
    readonly log: Log;
    /** A random number, the same in every replay. So is `Math.random()`. */
    random(): number;
    /** A random UUID, the same in every replay. So is `crypto.randomUUID()`. */
    uuid(): string;
    /** Publishes a value with the status of the instance; `null` clears it. */
    setStatus(status: unknown): void;
    /** Calls an activity by name, for one of another component. One of your own is called as a function. */
    callActivity<T = unknown>(name: string, input?: unknown, options?: CallOptions): Task<T>;
    /** Starts an orchestrator by name as a child, for one of another component. */
    child<T = unknown>(name: string, input?: unknown, options?: ChildOptions): Task<T>;
    /** Wakes after this time. It costs nothing to wait for a year. */
    sleep(duration: Duration): Task<void>;
    /** Wakes at this time, or at once if it has passed. */
    timer(time: Time): Task<void>;
    /** Waits for an external event of this name, in upper or lower case. What came when nobody waited was kept. */
    event<T = any>(name: string): Task<T>;
    /** Waits so long and no longer; without an event until then it is `undefined`. */
    event<T = any>(name: string, options: { timeout: Duration }): Task<T | undefined>;
    /** Sends an event to another instance, exactly once. */
    sendEvent(instance: string, name: string, value?: unknown): void;
    /** Calls or signals an entity. */
    entity<Ops extends Operations>(entity: Entity<Ops>, key: string): EntityReference<Ops>;
    entity(name: string, key: string): EntityReference;
    /**
     * Keeps all others away from these entities, of which there may be 100. Within the section call only these, one
     * call at a time to each; signal only others; lock nothing else and start no child.
     */
    lock(entities: LockTarget | readonly LockTarget[]): Task<Lock>;
    /** The same for as long as `body` runs. */
    lock<T>(entities: LockTarget | readonly LockTarget[], body: (lock: Lock) => T | Promise<T>): Promise<T>;
    /**
     * Ends this execution and begins the next one with a history of its own: `return cx.continueAsNew(next)`. Events
     * that nobody took are given to the next one, unless `keepEvents` is `false`.
     */
    continueAsNew(input?: unknown, options?: { keepEvents?: boolean }): Promise<never>;
    /** Sends an HTTP request through the host, which allows what its operator allowed, and polls what answers 202. */
    callHttp(request: HttpRequest): Promise<HttpResponse>;
    /** The same as `task.cancel()`. */
    cancel(task: Task<unknown>): void;
    /** A failure to throw: `throw cx.fail("rejected", "no approval within a day", { retryable: false })`. */
    fail(kind: string, message: string, options?: FailureOptions): Failure;
    /**
     * Tries until an attempt succeeds. After a failure `wait` says how long to wait before the next attempt; if it says
     * nothing, the failure is final.
     */
    retryWith<T>(
        attempt: (number: number) => T | Promise<T>,
        wait: (number: number, error: unknown) => Duration | null | undefined | Promise<Duration | null | undefined>,
    ): Promise<T>;
}

type LockTarget = EntityId | EntitySignals<any> | { name: string; key: string };

/** What an activity sees of the call that it answers. */
export interface ActivityContext {
    readonly name: string;
    /** The orchestration that asked. */
    readonly instanceId: string;
    /** The number of the decision that asked, within its execution. */
    readonly task: number;
    /** 1 for the first attempt. */
    readonly attempt: number;
    /** Equal for all attempts of this call: pass it on to whatever must not happen twice. */
    readonly idempotencyKey: string;
    /** When the host gives up on this attempt, unless it reports progress. */
    readonly deadline: Date;
    /** The trace that this call belongs to. */
    readonly trace: { parent: string; state: string | undefined } | undefined;
    readonly log: Log;
    readonly client: Client;
    /** Shows a value with the status of the instance, and begins the timeout anew. */
    progress(detail: unknown): "go-on" | "cancelled";
    fail(kind: string, message: string, options?: FailureOptions): Failure;
}

/** What an operation of an entity sees and may ask for. Nothing happens before the operation is on disk. */
export interface EntityContext<State = any> {
    readonly id: EntityId;
    readonly name: string;
    readonly key: string;
    /** The name of the operation, as its author wrote it. */
    readonly operation: string;
    /** Whether somebody waits for the result. */
    readonly isCall: boolean;
    readonly now: Date;
    readonly log: Log;
    /** The state; for an entity of operations, which has no `this`. */
    state: State;
    random(): number;
    uuid(): string;
    /** An entity, this one included, to be signalled after this batch. */
    entity<Ops extends Operations>(entity: Entity<Ops>, key: string): EntitySignals<Ops>;
    entity(name: string, key: string): EntitySignals;
    /** Starts an orchestration after this batch, and gives the id that it will have. */
    start<Input>(orchestrator: Orchestrator<Input, any> | string, input?: Input, options?: StartOptions): string;
    /** Deletes the state when the operation is over, unless it fails. */
    deleteState(): void;
}

/** A time of a schedule that has come. */
export interface Tick {
    /** When it was due. */
    readonly scheduled: Date;
    readonly now: Date;
    /** How many times were due since the last run and had none. This run makes up for them. */
    readonly missed: number;
}

/** A message of a stream. */
export interface Message {
    readonly subject: string;
    /** Its place in the stream, the same at each delivery. */
    readonly sequence: number;
    readonly time: Date;
    /** 1 for the first delivery. */
    readonly delivery: number;
    readonly headers: readonly (readonly [string, string])[];
    readonly data: Uint8Array;
    text(): string;
    json<T = any>(): T;
}

/** A function that touches the world. The host runs it at least once for each call. */
export function activity<Input = undefined, Output = unknown>(
    name: string,
    run: (input: Input, cx: ActivityContext) => Output | Promise<Output>,
): Activity<Input, Awaited<Output>>;
export function activity<Input = undefined, Output = unknown>(
    name: string,
    options: ActivityOptions,
    run: (input: Input, cx: ActivityContext) => Output | Promise<Output>,
): Activity<Input, Awaited<Output>>;

/** A function that is replayed: its decisions depend on its input and on what it awaits, and on nothing else. */
export function orchestrator<Input = undefined, Output = unknown>(
    name: string,
    run: (cx: Context, input: Input) => Output | Promise<Output>,
): Orchestrator<Input, Awaited<Output>>;
export function orchestrator<Input = undefined, Output = unknown>(
    name: string,
    options: FunctionOptions,
    run: (cx: Context, input: Input) => Output | Promise<Output>,
): Orchestrator<Input, Awaited<Output>>;

/** What is said of an entity where it is defined. */
export interface EntityOptions {
    doc?: string;
    /** Counts the forms of the state, from 0. */
    version?: number;
    /** Brings the data of an older form to this one. */
    migrate?: (version: number, data: any) => unknown;
}

/** Operations as functions of a context that holds the state. */
type OperationFunctions<State> = Record<string, (cx: EntityContext<State>, input?: any) => unknown>;
type PlainOperations<Functions> = {
    [Name in keyof Functions]: Functions[Name] extends (cx: any, ...rest: infer Rest) => infer Output
        ? (...rest: Rest) => Output
        : never;
};

interface EntityDefinition<State, Functions extends OperationFunctions<State>> {
    /** Makes the state that an entity has before its first operation; `null` unless given. */
    initial?: () => State;
    operations: Functions;
}

/** Something that keeps a state: a class, whose fields are the state and whose methods are operations `(input, cx)`. */
export function entity<State extends object>(name: string, definition: new () => State): Entity<State>;
export function entity<State extends object>(
    name: string,
    options: EntityOptions,
    definition: new () => State,
): Entity<State>;
/** Something that keeps a state: operations `(cx, input)` that find it in `cx.state`. */
export function entity<State, Functions extends OperationFunctions<State>>(
    name: string,
    definition: EntityDefinition<State, Functions>,
): Entity<PlainOperations<Functions>>;
export function entity<State, Functions extends OperationFunctions<State>>(
    name: string,
    options: EntityOptions,
    definition: EntityDefinition<State, Functions>,
): Entity<PlainOperations<Functions>>;

type HttpHandler = (request: Request, client: Client) => unknown;

/** A trigger: a function that the host calls. */
export interface Trigger<Run> {
    readonly functionName: string;
    readonly run: Run;
}

export interface HttpOptions {
    /** The route as the manifest has it, below `/api/`: `sessions/{session}/messages`. Without one, every path. */
    route?: string;
    /** Which methods it answers; all unless given. */
    methods?: string | readonly string[];
}

/** A function that answers HTTP requests with a `Response`, a text, or a value that becomes JSON. */
export function httpTrigger(name: string, run: HttpHandler): Trigger<HttpHandler>;
export function httpTrigger(name: string, options: HttpOptions, run: HttpHandler): Trigger<HttpHandler>;

/** A function that runs on the schedule that the manifest gives it. */
export function timerTrigger(
    name: string,
    ...given: [...([] | [options: { doc?: string }]), run: (tick: Tick, client: Client) => unknown]
): Trigger<(tick: Tick, client: Client) => unknown>;

/** A function that runs for each message of the stream that the manifest gives it. */
export function streamTrigger(
    name: string,
    ...given: [...([] | [options: { doc?: string }]), run: (message: Message, client: Client) => unknown]
): Trigger<(message: Message, client: Client) => unknown>;
