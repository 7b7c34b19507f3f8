/**
 * What apps of Durable Functions use of npm's `@azure/functions`: HTTP and timer triggers, and the words around them.
 *
 * Other bindings are the manifest's: a queue or a hub of events is a stream trigger there.
 */

import { InvocationContext } from "./compat/invocation.js";
import { httpTrigger, timerTrigger } from "./define.js";
import { Headers, Request, Response } from "./web.js";

export { Headers, Request as HttpRequest, InvocationContext };

/** A response made of `{ status, body, jsonBody, headers }`. */
export class HttpResponse extends Response {
    constructor({ status, body, jsonBody, headers } = {}) {
        super(jsonBody === undefined ? body : JSON.stringify(jsonBody), { status, headers });
        if (jsonBody !== undefined && !new Headers(headers).has("content-type")) {
            this.headers.set("content-type", "application/json");
        }
    }
}

export const app = {
    /** A function that answers requests at `route`, which is its name unless given. */
    http(name, options) {
        const { route = name, methods = ["GET", "POST"], handler } = options;
        httpTrigger(name, { route, methods }, async (request) => {
            const answer = await handler(request, new InvocationContext(name, crypto.randomUUID()));
            if (answer === undefined || answer instanceof Response) return answer;
            return new HttpResponse(typeof answer === "string" ? { body: answer } : answer);
        });
    },

    get: (name, given) => app.http(name, { ...optionsOf(given), methods: ["GET"] }),
    post: (name, given) => app.http(name, { ...optionsOf(given), methods: ["POST"] }),
    put: (name, given) => app.http(name, { ...optionsOf(given), methods: ["PUT"] }),
    deleteRequest: (name, given) => app.http(name, { ...optionsOf(given), methods: ["DELETE"] }),

    /** A function that runs on the schedule that the manifest gives it. */
    timer(name, { handler }) {
        timerTrigger(name, (tick) => {
            const timer = {
                isPastDue: tick.missed > 0,
                schedule: { adjustForDST: true },
                scheduleStatus: { last: "", next: "", lastUpdated: tick.scheduled.toISOString() },
            };
            return handler(timer, new InvocationContext(name, crypto.randomUUID()));
        });
    },

    setup() {},
};

function optionsOf(given) {
    return typeof given === "function" ? { handler: given } : given;
}

export const input = { generic: (options) => ({ ...options }) };
export const output = { generic: (options) => ({ ...options }) };
export const trigger = { generic: (options) => ({ ...options }) };
