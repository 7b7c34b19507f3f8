/** `df.getClient(context)`: the client of Durable Functions, over that of the SDK. */

import { Client } from "../client.js";
import { misuse } from "../failure.js";
import { Promise } from "../promise.js";
import { Response } from "../web.js";
import { EntityStateResponse } from "./words.js";

const capitalized = (word) => word[0].toUpperCase() + word.slice(1);
const ENDED = new Set(["completed", "failed", "terminated"]);

export class DurableClient {
    #client = new Client();

    async startNew(name, { instanceId, input, version } = {}) {
        return this.#client.start(name, input, { id: instanceId, version });
    }

    async getStatus(instanceId) {
        const status = this.#client.status(instanceId);
        if (status === undefined) throw misuse("not-found", `there is no instance ${instanceId}`);
        return statusOf(status);
    }

    async getStatusAll() {
        return this.getStatusBy({});
    }

    async getStatusBy({ createdTimeFrom, createdTimeTo, runtimeStatus = [] }) {
        const statuses = runtimeStatus.map((status) => status.toLowerCase());
        const filter = { createdFrom: createdTimeFrom, createdTo: createdTimeTo, statuses };
        const found = [];
        let after;
        do {
            const page = this.#client.query({ ...filter, after });
            found.push(...page.instances.map(statusOf));
            after = page.next;
        } while (after !== undefined);
        return found;
    }

    async raiseEvent(instanceId, eventName, eventData) {
        this.#client.raise(instanceId, eventName, eventData);
    }

    async terminate(instanceId, reason) {
        this.#client.terminate(instanceId, reason);
    }

    async suspend(instanceId, reason) {
        this.#client.suspend(instanceId, reason);
    }

    async resume(instanceId, reason) {
        this.#client.resume(instanceId, reason);
    }

    async purgeInstanceHistory(instanceId) {
        try {
            this.#client.purge(instanceId);
            return { instancesDeleted: 1 };
        } catch (failure) {
            if (failure.kind === "not-found") return { instancesDeleted: 0 };
            throw failure;
        }
    }

    async signalEntity(entity, operation, input) {
        this.#client.entity(entity.name, entity.key).signal(operation, input);
    }

    async readEntityState(entity) {
        const state = this.#client.entity(entity.name, entity.key).read();
        return new EntityStateResponse(state !== undefined, state);
    }

    createHttpManagementPayload(instanceId) {
        return this.#client.urls(instanceId);
    }

    /** The request is not needed here: the host knows its own address. */
    createCheckStatusResponse(_, instanceId) {
        return this.#client.createCheckStatusResponse(instanceId);
    }

    /** Waits so long for the end, and answers with it, or with where to look. */
    async waitForCompletionOrCreateCheckStatusResponse(request, instanceId, options = {}) {
        const { timeoutInMilliseconds = 10_000, retryIntervalInMilliseconds = 1_000 } = options;
        const end = Date.now() + timeoutInMilliseconds;
        for (;;) {
            const status = this.#client.status(instanceId);
            if (status?.status === "completed") return Response.json(status.output);
            if (status?.status === "failed") return Response.json(statusOf(status), { status: 500 });
            if (status !== undefined && ENDED.has(status.status)) return Response.json(statusOf(status));
            if (Date.now() + retryIntervalInMilliseconds > end)
                return this.createCheckStatusResponse(request, instanceId);
            await new Promise((resolve) => setTimeout(resolve, retryIntervalInMilliseconds));
        }
    }
}

function statusOf({ instanceId, name, status, created, updated, input, customStatus, output }) {
    return {
        name,
        instanceId,
        createdTime: created,
        lastUpdatedTime: updated,
        input,
        output,
        runtimeStatus: capitalized(status),
        customStatus,
    };
}
