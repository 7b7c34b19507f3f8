/** Routes of HTTP triggers: how a request finds its function, and what its caller sees of a failure. */

import { Client } from "./client.js";
import { Failure, misuse, toContract } from "./failure.js";
import { httpTriggers } from "./registry.js";
import { Response } from "./web.js";
import { URL, unescaped } from "./url.js";

/** Where the host serves the routes of its components. */
const BASE = "/api/";
/** How many seconds a caller waits before it tries again. */
const RETRY_AFTER_S = "5";

const STATUSES = {
    invalid: 400,
    "invalid-input": 400,
    "not-found": 404,
    "method-not-allowed": 405,
    exists: 409,
    conflict: 409,
    unavailable: 503,
};

/** Lets the first function answer whose route and methods fit. No route is 404, no method is 405. */
export async function serve(request) {
    const path = new URL(request.url).pathname;
    const allowed = [];
    for (const { route, methods, run } of httpTriggers) {
        const params = route === undefined ? {} : parameters(route, path);
        if (params === null) continue;
        if (methods.length === 0 || methods.includes(request.method)) {
            request.params = params;
            return answerOf(run, request);
        }
        allowed.push(...methods);
    }
    if (allowed.length === 0) return problem(misuse("not-found", `nothing is served at ${path}`));
    const response = problem(misuse("method-not-allowed", `${request.method} is not served here`));
    response.headers.set("allow", allowed.join(", "));
    return response;
}

async function answerOf(run, request) {
    try {
        const answer = await run(request, new Client());
        if (answer instanceof Response) return answer;
        if (answer === undefined) return new Response(null, { status: 204 });
        return typeof answer === "string" ? new Response(answer) : Response.json(answer);
    } catch (error) {
        return problem(error);
    }
}

/** What a failure looks like to the caller: its kind and message, and a status that fits the kind. */
export function problem(error) {
    // What is no JSON is the caller's fault in a trigger, and the only SyntaxError that a function meets.
    const isBadInput = error instanceof SyntaxError && !(error instanceof Failure);
    const { kind, message } = isBadInput ? { kind: "invalid-input", message: error.message } : toContract(error);
    const status = STATUSES[kind] ?? 500;
    const headers = status === 503 ? { "retry-after": RETRY_AFTER_S } : {};
    return Response.json({ kind, message }, { status, headers });
}

/** The parameters of a path that fits the route, or `null`. `{name}` is one segment, `{*name}` all that is left. */
export function parameters(route, path) {
    if (!path.startsWith(BASE)) return null;
    const segments = path.slice(BASE.length).split("/");
    const found = {};
    for (const part of route.split("/")) {
        const [, star, name] = /^\{(\*?)(.*)\}$/.exec(part) ?? [];
        if (star === "*") {
            found[name] = unescaped(segments.splice(0).join("/"));
        } else if (name !== undefined) {
            const segment = segments.shift();
            if (segment === undefined || segment === "") return null;
            found[name] = unescaped(segment);
        } else if (segments.length === 0 || unescaped(segments.shift()) !== part) {
            return null;
        }
    }
    return segments.length === 0 ? found : null;
}
