/**
 * HTTP messages as a function sees them: `Headers`, `Request` and `Response`, in the form that browsers gave them.
 *
 * A body is bytes, a text, or pieces that come one after another. It knows neither routes nor the host's streams.
 */

import { bytesOf } from "./encoding.js";
import { encodeText } from "./payload.js";
import { fromBytes, toBytes } from "./text.js";
import { URL, URLSearchParams } from "./url.js";

const TEXT = "text/plain;charset=UTF-8";

export class Headers {
    #values = new Map();

    constructor(init = {}) {
        const pairs = typeof init[Symbol.iterator] === "function" ? init : Object.entries(init);
        for (const [name, value] of pairs) this.append(name, value);
    }

    append(name, value) {
        const key = String(name).toLowerCase();
        this.#values.set(key, [...(this.#values.get(key) ?? []), String(value).trim()]);
    }

    set(name, value) {
        this.#values.set(String(name).toLowerCase(), [String(value).trim()]);
    }

    get(name) {
        return this.#values.get(String(name).toLowerCase())?.join(", ") ?? null;
    }

    getSetCookie() {
        return this.#values.get("set-cookie") ?? [];
    }

    has(name) {
        return this.#values.has(String(name).toLowerCase());
    }

    delete(name) {
        this.#values.delete(String(name).toLowerCase());
    }

    forEach(work, self) {
        for (const [name, value] of this) work.call(self, value, name, this);
    }

    /** Each line of the message: a name that was given twice comes twice. */
    lines() {
        return [...this.#values].flatMap(([name, values]) => values.map((value) => [name, value]));
    }

    keys() {
        return [...this].map(([name]) => name)[Symbol.iterator]();
    }

    values() {
        return [...this].map(([, value]) => value)[Symbol.iterator]();
    }

    entries() {
        const names = [...this.#values.keys()].sort();
        return names.map((name) => [name, this.get(name)])[Symbol.iterator]();
    }

    [Symbol.iterator]() {
        return this.entries();
    }
}

/** What requests and responses have in common: a body that is read once. */
class Message {
    #body;
    #isUsed = false;

    constructor(body) {
        this.#body = body ?? null;
    }

    get body() {
        return this.#body;
    }

    get bodyUsed() {
        return this.#isUsed;
    }

    /** The pieces of the body, as they come. Whoever takes them takes them from everybody else. */
    async *chunks() {
        if (this.#isUsed) throw new TypeError("the body was read before");
        this.#isUsed = true;
        const body = this.#body;
        if (body === null) return;
        if (isPieces(body)) for await (const piece of body) yield pieceOf(piece);
        else yield pieceOf(body);
    }

    async bytes() {
        const pieces = [];
        for await (const piece of this.chunks()) pieces.push(piece);
        if (pieces.length === 1) return pieces[0];
        const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
        let at = 0;
        for (const piece of pieces) {
            all.set(piece, at);
            at += piece.length;
        }
        return all;
    }

    async arrayBuffer() {
        const bytes = await this.bytes();
        return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    }

    async text() {
        return fromBytes(await this.bytes()).replace(/^\ufeff/, "");
    }

    async json() {
        return JSON.parse(await this.text());
    }
}

export class Request extends Message {
    constructor(url, { method = "GET", headers, body, params = {} } = {}) {
        super(body);
        this.url = new URL(String(url)).href;
        this.method = String(method).toUpperCase();
        this.headers = headers instanceof Headers ? headers : new Headers(headers);
        /** The parameters of the route: `session` of `sessions/{session}/messages`. */
        this.params = params;
    }

    get query() {
        return new URL(this.url).searchParams;
    }
}

export class Response extends Message {
    constructor(body, { status = 200, headers } = {}) {
        super(body);
        if (!Number.isInteger(status) || status < 200 || status > 599) throw new RangeError(`${status} is no status`);
        this.status = status;
        this.headers = new Headers(headers);
        const type = typeof body === "string" ? TEXT : body instanceof URLSearchParams ? FORM : null;
        if (type !== null && !this.headers.has("content-type")) this.headers.set("content-type", type);
    }

    get ok() {
        return this.status < 300;
    }

    static json(value, init = {}) {
        const response = new Response(encodeText(value, "invalid-output"), init);
        if (!new Headers(init.headers).has("content-type")) response.headers.set("content-type", "application/json");
        return response;
    }

    static redirect(url, status = 302) {
        return new Response(null, { status, headers: { location: String(url) } });
    }
}

const FORM = "application/x-www-form-urlencoded;charset=UTF-8";

/** Whether a body comes piece by piece. */
function isPieces(body) {
    if (typeof body === "string" || ArrayBuffer.isView(body) || body instanceof URLSearchParams) return false;
    return typeof body[Symbol.asyncIterator] === "function" || typeof body[Symbol.iterator] === "function";
}

function pieceOf(piece) {
    if (ArrayBuffer.isView(piece) || piece instanceof ArrayBuffer) return bytesOf(piece);
    return toBytes(String(piece));
}
