/** What triggers and activities may ask of their hub. */

import type { Entity, EntitySignals, Operations, Orchestrator } from "./index.js";
import type { Response } from "./web.js";
import type { StartOptions, Time } from "./words.js";

export type RuntimeStatus = "pending" | "running" | "suspended" | "completed" | "failed" | "terminated";

/** What is known of an instance. */
export interface InstanceStatus {
    instanceId: string;
    name: string;
    status: RuntimeStatus;
    created: Date;
    updated: Date;
    input: any;
    customStatus: any;
    output: any;
}

/** Where an instance can be managed over HTTP. */
export interface ManagementUrls {
    id: string;
    statusQueryGetUri: string;
    sendEventPostUri: string;
    terminatePostUri: string;
    purgeHistoryDeleteUri: string;
    restartPostUri: string;
    suspendPostUri: string;
    resumePostUri: string;
}

/** What triggers and activities may ask of their hub, as far as the manifest grants it. */
export interface Client {
    /** Starts an orchestration and gives its id. */
    start<Input>(
        orchestrator: Orchestrator<Input, any> | string,
        input?: Input,
        options?: StartOptions & { tags?: Record<string, string> },
    ): string;
    /** An entity, to signal it or to read its state. */
    entity<Ops extends Operations>(
        entity: Entity<Ops>,
        key: string,
    ): EntitySignals<Ops> & { read<T = any>(): T | undefined };
    entity(name: string, key: string): EntitySignals & { read<T = any>(): T | undefined };
    /** Sends an event to an instance. */
    raise(instance: string, name: string, value?: unknown): void;
    /** What is known of an instance. */
    status(instance: string): InstanceStatus | undefined;
    /** Finds instances, newest first; their inputs and outputs are left out. */
    query(filter?: {
        prefix?: string;
        statuses?: RuntimeStatus[];
        createdFrom?: Time;
        createdTo?: Time;
        limit?: number;
        after?: number;
    }): { instances: InstanceStatus[]; next: number | undefined };
    terminate(instance: string, reason?: string): void;
    suspend(instance: string, reason?: string): void;
    resume(instance: string, reason?: string): void;
    /** Deletes an instance that has ended. */
    purge(instance: string): void;
    urls(instance: string): ManagementUrls;
    /**
     * The answer to who started an instance: 202 at once, with the addresses at which it can be watched and managed.
     */
    createCheckStatusResponse(instance: string): Response;
}
