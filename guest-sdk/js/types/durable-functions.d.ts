/** The types of `dacapo/durable-functions`: what code for npm's `durable-functions` uses. */

import type { Request, Response } from "./web.js";

/** Something that an orchestrator can yield. */
export interface Task<T = any> {
    readonly isCompleted: boolean;
    readonly isFaulted: boolean;
    readonly result?: T;
}

export interface TimerTask extends Task<void> {
    readonly isCanceled: boolean;
    cancel(): void;
}

export interface RetryableTask<T = any> extends Task<T> {
    withRetry(options: RetryOptions): Task<T>;
}

export class RetryOptions {
    constructor(firstRetryIntervalInMilliseconds: number, maxNumberOfAttempts: number);
    firstRetryIntervalInMilliseconds: number;
    maxNumberOfAttempts: number;
    backoffCoefficient?: number;
    maxRetryIntervalInMilliseconds?: number;
    retryTimeoutInMilliseconds?: number;
}

export class EntityId {
    constructor(name: string, key: string);
    readonly name: string;
    readonly key: string;
    toString(): string;
}

export class EntityStateResponse<T = any> {
    entityExists: boolean;
    entityState?: T;
}

export class LockState {
    readonly isLocked: boolean;
    readonly ownedLocks: EntityId[];
}

export interface FailureDetails {
    errorType: string;
    errorMessage: string;
    stackTrace?: string;
    isNonRetriable: boolean;
    innerFailure?: FailureDetails;
    isCausedBy(type: string): boolean;
}

/** The failure of a task. */
export class TaskFailedError extends Error {
    readonly failureDetails: FailureDetails;
}

export const OrchestrationRuntimeStatus: Readonly<
    Record<
        "Running" | "Completed" | "ContinuedAsNew" | "Failed" | "Canceled" | "Terminated" | "Pending" | "Suspended",
        string
    >
>;

export interface DurableHttpResponse {
    readonly statusCode: number;
    readonly content?: string;
    readonly headers: Record<string, string>;
    getHeader(name: string): string | undefined;
}

/** Who runs, and a log. */
export interface InvocationContext {
    readonly functionName: string;
    readonly invocationId: string;
    log(...args: unknown[]): void;
    trace(...args: unknown[]): void;
    debug(...args: unknown[]): void;
    info(...args: unknown[]): void;
    warn(...args: unknown[]): void;
    error(...args: unknown[]): void;
}

export interface DurableOrchestrationContext {
    readonly instanceId: string;
    readonly parentInstanceId: string | undefined;
    readonly isReplaying: boolean;
    readonly currentUtcDateTime: Date;
    readonly version: string | undefined;
    readonly Task: { all(tasks: Task[]): Task<any[]>; any(tasks: Task[]): Task<Task> };
    getInput<T = any>(): T;
    newGuid(instanceId?: string): string;
    setCustomStatus(status: unknown): void;
    continueAsNew(input: unknown): void;
    callActivity(name: string, input?: unknown): Task;
    callActivityWithRetry(name: string, retryOptions: RetryOptions, input?: unknown): Task;
    callSubOrchestrator(name: string, input?: unknown, instanceId?: string, version?: string): Task;
    callSubOrchestratorWithRetry(
        name: string,
        retryOptions: RetryOptions,
        input?: unknown,
        instanceId?: string,
        version?: string,
    ): Task;
    createTimer(fireAt: Date): TimerTask;
    waitForExternalEvent(name: string): Task;
    callEntity(entity: EntityId, operation: string, input?: unknown): Task;
    signalEntity(entity: EntityId, operation: string, input?: unknown): void;
    lock(entities: EntityId[]): Task<{ release(): void; ownedLocks: EntityId[] }>;
    lock(...entities: EntityId[]): Task<{ release(): void; ownedLocks: EntityId[] }>;
    isLocked(): LockState;
    callHttp(options: {
        method: string;
        url: string;
        body?: unknown;
        headers?: Record<string, string>;
        enablePolling?: boolean;
    }): Task<DurableHttpResponse>;
}

export interface OrchestrationContext extends InvocationContext {
    readonly df: DurableOrchestrationContext;
}

export type OrchestrationHandler = (context: OrchestrationContext) => Generator<Task, unknown, any>;

export interface DurableEntityContext<T = any> {
    readonly entityName: string;
    readonly entityKey: string;
    readonly entityId: EntityId;
    readonly operationName: string;
    readonly isNewlyConstructed: boolean;
    getState(initializer?: () => T): T | undefined;
    setState(state: T): void;
    getInput<I = any>(): I | undefined;
    return(result: unknown): void;
    destructOnExit(): void;
    signalEntity(entity: EntityId, operation: string, input?: unknown): void;
}

export interface EntityContext<T = any> extends InvocationContext {
    readonly df: DurableEntityContext<T>;
}

export type EntityHandler<T = any> = (context: EntityContext<T>) => void | Promise<void>;
export type ActivityHandler = (input: any, context: InvocationContext) => unknown;

export interface DurableOrchestrationStatus {
    name: string;
    instanceId: string;
    createdTime: Date;
    lastUpdatedTime: Date;
    input: any;
    output: any;
    runtimeStatus: string;
    customStatus: any;
}

export interface DurableClient {
    startNew(name: string, options?: { instanceId?: string; input?: unknown; version?: string }): Promise<string>;
    getStatus(instanceId: string): Promise<DurableOrchestrationStatus>;
    getStatusAll(): Promise<DurableOrchestrationStatus[]>;
    getStatusBy(filter: {
        createdTimeFrom?: Date;
        createdTimeTo?: Date;
        runtimeStatus?: string[];
    }): Promise<DurableOrchestrationStatus[]>;
    raiseEvent(instanceId: string, eventName: string, eventData?: unknown): Promise<void>;
    terminate(instanceId: string, reason: string): Promise<void>;
    suspend(instanceId: string, reason: string): Promise<void>;
    resume(instanceId: string, reason: string): Promise<void>;
    purgeInstanceHistory(instanceId: string): Promise<{ instancesDeleted: number }>;
    signalEntity(entity: EntityId, operation: string, input?: unknown): Promise<void>;
    readEntityState<T = any>(entity: EntityId): Promise<EntityStateResponse<T>>;
    createHttpManagementPayload(instanceId: string): Record<string, string>;
    createCheckStatusResponse(request: Request | undefined, instanceId: string): Response;
    waitForCompletionOrCreateCheckStatusResponse(
        request: Request,
        instanceId: string,
        options?: { timeoutInMilliseconds?: number; retryIntervalInMilliseconds?: number },
    ): Promise<Response>;
}

export function getClient(context?: InvocationContext): DurableClient;

type HttpClientHandler = (request: Request, client: DurableClient, context: InvocationContext) => unknown;
type TimerClientHandler = (timer: { isPastDue: boolean }, client: DurableClient, context: InvocationContext) => unknown;

export const app: {
    orchestration(
        name: string,
        handler: OrchestrationHandler | { handler: OrchestrationHandler },
    ): (input?: unknown, instanceId?: string) => Task;
    activity(name: string, options: ActivityHandler | { handler: ActivityHandler }): (input?: unknown) => RetryableTask;
    entity<T = any>(name: string, handler: EntityHandler<T> | { handler: EntityHandler<T> }): void;
    client: {
        http(name: string, options: { route?: string; methods?: string[]; handler: HttpClientHandler }): void;
        timer(name: string, options: { schedule?: string; handler: TimerClientHandler }): void;
    };
};

export const input: { durableClient(): { type: string } };
export const trigger: Record<"activity" | "entity" | "orchestration", () => { type: string }>;
