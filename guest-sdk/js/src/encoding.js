/** `TextEncoder` and `TextDecoder` for UTF-8. */

import { fromBytes, toBytes } from "./text.js";

export class TextEncoder {
    get encoding() {
        return "utf-8";
    }

    encode(text = "") {
        return toBytes(String(text));
    }

    encodeInto(text, target) {
        let [read, written] = [0, 0];
        for (const character of String(text)) {
            const bytes = toBytes(character);
            if (written + bytes.length > target.length) break;
            target.set(bytes, written);
            read += character.length;
            written += bytes.length;
        }
        return { read, written };
    }
}

export class TextDecoder {
    #mode;
    #keepsMark;

    constructor(label = "utf-8", { fatal = false, ignoreBOM = false } = {}) {
        if (!/^\s*(utf-?8|unicode-1-1-utf-8)\s*$/i.test(label)) {
            throw new RangeError(`${label} is not known here, only utf-8`);
        }
        this.#mode = fatal ? "fatal" : "replace";
        this.#keepsMark = ignoreBOM;
    }

    get encoding() {
        return "utf-8";
    }

    get fatal() {
        return this.#mode === "fatal";
    }

    get ignoreBOM() {
        return this.#keepsMark;
    }

    decode(input = new Uint8Array(0), { stream = false } = {}) {
        if (stream) throw new TypeError("TextDecoder decodes a whole text at a time here");
        const text = fromBytes(bytesOf(input), this.#mode);
        return !this.#keepsMark && text.startsWith("\ufeff") ? text.slice(1) : text;
    }
}

/** The bytes of a buffer, or of a view of one. */
export function bytesOf(input) {
    if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
    return new Uint8Array(input);
}
