/**
 * HTTP calls of an orchestrator: the host's activity `dacapo.http`, and durable polling of what it answers.
 *
 * Each request is a call of that activity, so requests and responses are in the history; the waits between two of them
 * are timers. What may be reached is the host's decision.
 */

import { retryPolicy } from "./options.js";
import { encodeText } from "./payload.js";
import { milliseconds } from "./time.js";
import { URL } from "./url.js";

const ACTIVITY = "dacapo.http";

/** How long to wait before the next poll if the response does not say so, and what it may ask for. */
const POLL_S = { default: 30, min: 1, max: 24 * 3600 };

/** What came back. Any status is a response; only what prevented one is a failure. */
export class HttpResponse {
    constructor({ status, headers, content }) {
        this.status = status;
        this.headers = headers;
        this.content = content;
    }

    /** The value of a header, whatever the case of its name. */
    header(name) {
        return this.headers[name.toLowerCase()];
    }

    /** The body as a value. */
    json() {
        return JSON.parse(this.content);
    }
}

/** Sends a request, and polls what answers 202 unless `poll` is `false`. */
export async function callHttp(cx, request) {
    const { poll = true, retry } = request;
    let message = messageOf(request);
    const options = { retry: retryPolicy(retry) ?? undefined };
    let response = new HttpResponse(await cx.callActivity(ACTIVITY, message, options));
    for (let next = poll && pollOf(response, message); next; next = pollOf(response, message)) {
        await cx.sleep(next.waitMs);
        message = next.message;
        response = new HttpResponse(await cx.callActivity(ACTIVITY, message, options));
    }
    return response;
}

function messageOf({ method = "GET", uri, url, headers = {}, content, json, timeout }) {
    const text = json === undefined ? content : encodeText(json, "invalid-input");
    const type = json === undefined ? {} : { "content-type": "application/json" };
    return {
        method: String(method).toUpperCase(),
        uri: String(uri ?? url),
        headers: {
            ...type,
            ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
        },
        content: text == null ? null : String(text),
        timeoutMs: timeout == null ? null : milliseconds(timeout),
    };
}

/** Where and when to ask again, if that is what the response says. */
function pollOf(response, { uri, headers, timeoutMs }) {
    const location = response.header("location");
    if (response.status !== 202 || location === undefined) return null;
    const target = URL.parse(location, uri);
    if (target === null) return null;
    target.hash = "";
    // Headers may hold secrets, so they go to where they were sent, and nowhere else.
    const isSame = target.origin === new URL(uri).origin;
    const message = { method: "GET", uri: target.href, headers: isSame ? headers : {}, content: null, timeoutMs };
    const asked = Number(response.header("retry-after") ?? POLL_S.default);
    const seconds = Number.isInteger(asked) && asked >= 0 ? asked : POLL_S.default;
    return { message, waitMs: 1000 * Math.min(Math.max(seconds, POLL_S.min), POLL_S.max) };
}
