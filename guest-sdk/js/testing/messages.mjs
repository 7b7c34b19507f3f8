/** `wasi:http` for tests: the resources that the SDK uses, with nothing behind them. */

const READ_MAX_BYTES = 5;

/** A request on its way in. Its body comes in small pieces, so that tests see more than one. */
export class IncomingRequest {
    #method;
    #path;
    #headers;
    #body;

    constructor({ method, path, headers, body }) {
        this.#method = method.toLowerCase();
        this.#path = path;
        this.#headers = Object.entries(headers);
        this.#body = Buffer.from(
            typeof body === "object" && body !== null && !ArrayBuffer.isView(body)
                ? JSON.stringify(body)
                : (body ?? ""),
        );
    }

    method() {
        return { tag: this.#method };
    }

    pathWithQuery() {
        return this.#path;
    }

    authority() {
        return "test";
    }

    headers() {
        return { entries: () => this.#headers.map(([name, text]) => [name, new Uint8Array(Buffer.from(text))]) };
    }

    consume() {
        let rest = this.#body;
        const blockingRead = () => {
            if (rest.length === 0) throw { payload: { tag: "closed" } };
            const piece = rest.subarray(0, READ_MAX_BYTES);
            rest = rest.subarray(READ_MAX_BYTES);
            return new Uint8Array(piece);
        };
        return { stream: () => ({ blockingRead }) };
    }
}

class Fields {
    lines = [];

    append(name, bytes) {
        this.lines.push([name, Buffer.from(bytes).toString("utf8")]);
    }
}

class OutgoingResponse {
    #status = 200;
    #pieces = [];
    isFinished = false;

    constructor(fields) {
        this.fields = fields;
    }

    setStatusCode(status) {
        this.#status = status;
    }

    body() {
        const blockingWriteAndFlush = (bytes) => void this.#pieces.push(Buffer.from(bytes));
        return { response: this, write: () => ({ blockingWriteAndFlush }) };
    }

    /** What the caller sees. */
    answer() {
        const text = Buffer.concat(this.#pieces).toString("utf8");
        const headers = Object.fromEntries(this.fields.lines);
        return { status: this.#status, headers, text, isFinished: this.isFinished, json: () => JSON.parse(text) };
    }
}

export const FakeHttp = {
    Fields,
    OutgoingResponse,
    OutgoingBody: { finish: (sink) => void (sink.response.isFinished = true) },
    ResponseOutparam: { set: (out, { val }) => void (out.response = val) },
};
