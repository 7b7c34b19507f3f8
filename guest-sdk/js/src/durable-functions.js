/**
 * `dacapo/durable-functions`: code that was written for npm's `durable-functions` moves over with this import changed,
 * or with none, as the build tool resolves that name to this module.
 *
 * It gives the generator style: `df.app.orchestration(name, function* (context) { … })`. What the host's extension did
 * with bindings is here what the manifest says.
 */

import { DurableClient } from "./compat/client.js";
import { entityOf } from "./compat/entity.js";
import { InvocationContext } from "./compat/invocation.js";
import { orchestrationOf } from "./compat/orchestration.js";
import { ActivityTask, DFTask } from "./compat/tasks.js";
import { policyOf } from "./compat/words.js";
import { app as azure } from "./azure-functions.js";
import { activity as defineActivity, orchestrator } from "./define.js";
import { define } from "./registry.js";

export { TaskFailedError } from "./compat/errors.js";
export { EntityId, EntityStateResponse, LockState, OrchestrationRuntimeStatus, RetryOptions } from "./compat/words.js";

/** The client of a function that something outside has set off. */
export function getClient() {
    return new DurableClient();
}

export const input = { durableClient: () => ({ type: "durableClient" }) };

export const trigger = {
    activity: () => ({ type: "activityTrigger" }),
    entity: () => ({ type: "entityTrigger" }),
    orchestration: () => ({ type: "orchestrationTrigger" }),
};

export const app = {
    /** An orchestrator: a generator function, or `{ handler }`. The value that it gives makes a task of a child. */
    orchestration(name, given) {
        const handler = handlerOf(given);
        const start = orchestrator(name, orchestrationOf(handler, name));
        return (childInput, instanceId) => new DFTask(() => start(childInput, { id: instanceId }));
    },

    /** An activity: `{ handler }`. The value that it gives makes a task of a call. */
    activity(name, given) {
        const handler = handlerOf(given);
        const call = defineActivity(name, (value, cx) =>
            handler(value, new InvocationContext(name, cx.idempotencyKey)),
        );
        return (value) =>
            new ActivityTask(
                () => call(value),
                (options) => call(value, { retry: policyOf(options) }),
            );
    },

    /** An entity: a function of a context, or `{ handler }`. */
    entity(name, given) {
        const entry = entityOf(handlerOf(given), name);
        define("entity", name, { ...entry, doc: null, inputSchema: null, outputSchema: null });
    },

    /** Triggers whose handler is given a client: `(trigger, client, context)`. */
    client: {
        http: (name, options) => azure.http(name, withClient(options)),
        timer: (name, options) => azure.timer(name, withClient(options)),
    },
};

function handlerOf(given) {
    const handler = typeof given === "function" ? given : given?.handler;
    if (typeof handler !== "function") throw new TypeError("a function is given as itself or as { handler }");
    return handler;
}

function withClient(options) {
    return { ...options, handler: (given, context) => options.handler(given, getClient(), context) };
}
