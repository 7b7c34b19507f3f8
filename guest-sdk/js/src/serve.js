/**
 * Requests and responses over `wasi:http`. Only here are its resources, and the order in which they must be dropped.
 */

import { runInWorld } from "./active.js";
import { toContract } from "./failure.js";
import { imported } from "./host.js";
import { problem, serve } from "./routes.js";
import { fromBytes, toBytes } from "./text.js";
import { Headers, Request } from "./web.js";
import { worldNow } from "./world.js";

/** How much of a body is asked for, and written, at once. */
const READ_MAX_BYTES = 65_536;
const WRITE_MAX_BYTES = 4096;

/** Serves one request. */
export function handle(incoming, out) {
    runInWorld(async () => {
        const response = await serve(requestOf(incoming));
        await respond(response, out);
    });
}

function requestOf(incoming) {
    const { tag, val } = incoming.method();
    const method = tag === "other" ? val : tag.toUpperCase();
    const fields = incoming.headers();
    const headers = new Headers(fields.entries().map(([name, value]) => [name, fromBytes(Uint8Array.from(value))]));
    fields[Symbol.dispose]?.();
    const host = incoming.authority() ?? "localhost";
    const url = `http://${host}${incoming.pathWithQuery() ?? "/"}`;
    return new Request(url, { method, headers, body: bodyOf(incoming) });
}

/** The body of a request, piece by piece. */
function* bodyOf(incoming) {
    const body = incoming.consume();
    const stream = body.stream();
    try {
        for (;;) {
            const piece = read(stream);
            if (piece === null) return;
            yield Uint8Array.from(piece);
        }
    } finally {
        // A stream is a child of its body, and must go first.
        stream[Symbol.dispose]?.();
        body[Symbol.dispose]?.();
    }
}

function read(stream) {
    try {
        return stream.blockingRead(READ_MAX_BYTES);
    } catch (error) {
        if ((error?.payload ?? error)?.tag === "closed") return null;
        throw error;
    }
}

async function respond(response, out) {
    const { ResponseOutparam, OutgoingBody } = imported("http");
    let outgoing;
    try {
        outgoing = outgoingOf(response);
    } catch (error) {
        outgoing = outgoingOf(problem(error));
    }
    const sink = outgoing.body();
    ResponseOutparam.set(out, { tag: "ok", val: outgoing });
    try {
        await write(sink, response);
    } catch (error) {
        // A body that is dropped and not finished tells the caller that a part is missing.
        worldNow().log("error", `the response was broken off: ${toContract(error).message}`);
        sink[Symbol.dispose]?.();
        return;
    }
    OutgoingBody.finish(sink, null);
}

function outgoingOf(response) {
    const { Fields, OutgoingResponse } = imported("http");
    const fields = new Fields();
    for (const [name, value] of response.headers.lines()) fields.append(name, toBytes(value));
    const outgoing = new OutgoingResponse(fields);
    outgoing.setStatusCode(response.status);
    return outgoing;
}

async function write(sink, response) {
    const stream = sink.write();
    try {
        for await (const piece of response.chunks()) {
            for (let at = 0; at < piece.length; at += WRITE_MAX_BYTES) {
                stream.blockingWriteAndFlush(piece.subarray(at, at + WRITE_MAX_BYTES));
            }
        }
    } finally {
        stream[Symbol.dispose]?.();
    }
}
