/** Small values of Durable Functions: ids, retries, states. */

import { EntityId as Id } from "../entity-id.js";

/** The name of an entity. */
export class EntityId extends Id {
    constructor(name, key) {
        if (!name || !key) throw new Error("an EntityId has a name and a key");
        super(name, key);
    }
}

export class EntityStateResponse {
    constructor(entityExists, entityState) {
        this.entityExists = entityExists;
        this.entityState = entityState;
    }
}

/** When a failed call is tried again. */
export class RetryOptions {
    backoffCoefficient = undefined;
    maxRetryIntervalInMilliseconds = undefined;
    retryTimeoutInMilliseconds = undefined;

    constructor(firstRetryIntervalInMilliseconds, maxNumberOfAttempts) {
        if (!(firstRetryIntervalInMilliseconds > 0)) {
            throw new RangeError("firstRetryIntervalInMilliseconds value must be greater than 0.");
        }
        this.firstRetryIntervalInMilliseconds = firstRetryIntervalInMilliseconds;
        this.maxNumberOfAttempts = maxNumberOfAttempts;
    }
}

/** The same as a policy of the SDK. */
export function policyOf(options) {
    return {
        maxAttempts: options.maxNumberOfAttempts,
        firstInterval: options.firstRetryIntervalInMilliseconds,
        coefficient: options.backoffCoefficient ?? 1,
        maxInterval: options.maxRetryIntervalInMilliseconds,
        retryTimeout: options.retryTimeoutInMilliseconds,
    };
}

export const OrchestrationRuntimeStatus = Object.freeze({
    Running: "Running",
    Completed: "Completed",
    ContinuedAsNew: "ContinuedAsNew",
    Failed: "Failed",
    Canceled: "Canceled",
    Terminated: "Terminated",
    Pending: "Pending",
    Suspended: "Suspended",
});

/** What an answer of a durable HTTP call is. */
export class DurableHttpResponse {
    constructor(statusCode, content, headers) {
        this.statusCode = statusCode;
        this.content = content;
        this.headers = headers;
    }

    getHeader(name) {
        const found = Object.keys(this.headers).find((known) => known.toLowerCase() === name.toLowerCase());
        return found === undefined ? undefined : this.headers[found];
    }
}

/** Which entities are locked. */
export class LockState {
    constructor(isLocked, ownedLocks) {
        this.isLocked = isLocked;
        this.ownedLocks = ownedLocks;
    }
}
