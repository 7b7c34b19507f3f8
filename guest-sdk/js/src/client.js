/**
 * What triggers and activities may ask of their hub, as far as the manifest grants it.
 *
 * In an HTTP trigger and in an activity each call is durable when it returns. In a timer or stream trigger what starts,
 * signals and raises is committed together when the trigger returns, or not at all if it fails.
 */

import { EntityId, entityId } from "./entity-id.js";
import { Failure } from "./failure.js";
import { required } from "./host.js";
import { decode, encode } from "./payload.js";
import { nameOf } from "./registry.js";
import { timestamp } from "./time.js";
import { Response } from "./web.js";

/** How many instances a page has if the caller does not say. */
const PAGE_MAX_COUNT = 100;
/** How many seconds a caller waits before it asks for the status. */
const POLL_AFTER_S = "10";

export class Client {
    /** Starts an orchestration and gives its id. */
    start(orchestrator, input, { id, version, at, tags = {} } = {}) {
        const options = {
            instance: id ?? null,
            version: version ?? null,
            at: at == null ? null : timestamp(at),
            tags: Object.entries(tags).map(([name, value]) => [name, String(value)]),
        };
        return ask((host) => host.start(nameOf(orchestrator), encode(input, "invalid-input"), options));
    }

    /** An entity, to signal it or to read its state. */
    entity(name, key) {
        const id = new EntityId(name, key);
        return {
            id,
            signal(operation, input, { at } = {}) {
                const time = at == null ? null : timestamp(at);
                const payload = encode(input, "invalid-input");
                ask((host) => host.signal(entityId(id), String(operation), payload, time));
            },
            /** The state, or `undefined` if it has none. It may be about to change. */
            read() {
                const state = ask((host) => host.readEntity(entityId(id)));
                return state == null ? undefined : decode(state.data);
            },
        };
    }

    /** Sends an event to an instance. */
    raise(instance, name, value) {
        ask((host) => host.raise(String(instance), String(name), encode(value, "invalid-event")));
    }

    /** What is known of an instance, or `undefined`. */
    status(instance) {
        const status = ask((host) => host.status(String(instance)));
        return status == null ? undefined : statusOf(status);
    }

    /** Finds instances, newest first; their inputs and outputs are left out. */
    query({ prefix, statuses = [], createdFrom, createdTo, limit = PAGE_MAX_COUNT, after } = {}) {
        const time = (given) => (given == null ? null : timestamp(given));
        const page = ask((host) =>
            host.query({
                prefix: prefix ?? null,
                statuses,
                createdFrom: time(createdFrom),
                createdTo: time(createdTo),
                limit,
                after: after ?? null,
            }),
        );
        return { instances: page.instances.map(statusOf), next: page.next ?? undefined };
    }

    /** Ends an instance. */
    terminate(instance, reason = "") {
        ask((host) => host.terminate(String(instance), String(reason)));
    }

    /** Stops an instance until it is resumed. */
    suspend(instance, reason = "") {
        ask((host) => host.suspend(String(instance), String(reason)));
    }

    /** Lets a suspended instance go on. */
    resume(instance, reason = "") {
        ask((host) => host.resume(String(instance), String(reason)));
    }

    /** Deletes an instance that has ended. */
    purge(instance) {
        ask((host) => host.purge(String(instance)));
    }

    /** Where an instance can be managed over HTTP. */
    urls(instance) {
        const urls = ask((host) => host.urls(String(instance)));
        return {
            id: String(instance),
            statusQueryGetUri: urls.statusQueryGet,
            sendEventPostUri: urls.sendEventPost,
            terminatePostUri: urls.terminatePost,
            purgeHistoryDeleteUri: urls.purgeHistoryDelete,
            restartPostUri: urls.restartPost,
            suspendPostUri: urls.suspendPost,
            resumePostUri: urls.resumePost,
        };
    }

    /**
     * The answer to who started an instance: 202 at once, with the addresses at which it can be watched and managed.
     */
    createCheckStatusResponse(instance) {
        const urls = this.urls(instance);
        const headers = {
            location: urls.statusQueryGetUri,
            "retry-after": POLL_AFTER_S,
            "content-type": "application/json; charset=utf-8",
        };
        return new Response(JSON.stringify(urls), { status: 202, headers });
    }
}

function statusOf({ instance, name, status, created, updated, input, customStatus, output }) {
    return {
        instanceId: instance,
        name,
        status,
        created: new Date(created),
        updated: new Date(updated),
        input: decode(input),
        customStatus: decode(customStatus),
        output: decode(output),
    };
}

/**
 * What the host answers. Its errors are failures whose kind is the word for it; only what is unavailable is worth
 * another try.
 */
function ask(question) {
    const host = required("client", "the client of the hub");
    try {
        return question(host);
    } catch (error) {
        const { tag, val } = error?.payload ?? error;
        if (typeof tag !== "string") throw error;
        throw new Failure(tag, String(val), { retryable: tag === "unavailable" });
    }
}
