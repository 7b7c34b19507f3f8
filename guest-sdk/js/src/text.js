/**
 * Text to UTF-8 and back, by what is native in QuickJS: a loop over characters costs fifty times as much there.
 *
 * It knows no JSON and no types of the contract.
 */

const { atob, btoa } = globalThis;
const isNative = typeof Uint8Array.fromBase64 === "function" && typeof atob === "function";
const NOT_ASCII = /[^\x00-\x7f]/;

/** The bytes of a text. Halves of surrogate pairs become U+FFFD. */
export function toBytes(text) {
    const plain = NOT_ASCII.test(text) ? unescape(encodeURIComponent(wellFormed(text))) : text;
    if (isNative) return Uint8Array.fromBase64(btoa(plain));
    const bytes = new Uint8Array(plain.length);
    for (let index = 0; index < plain.length; index += 1) bytes[index] = plain.charCodeAt(index);
    return bytes;
}

/**
 * The text of bytes. What is no UTF-8 becomes U+FFFD, or throws if `fatal`.
 *
 * @throws {TypeError} if the bytes are no UTF-8 and `mode` is "fatal"
 */
export function fromBytes(bytes, mode = "replace") {
    const plain = binary(bytes);
    if (!NOT_ASCII.test(plain)) return plain;
    try {
        return decodeURIComponent(escape(plain));
    } catch {
        if (mode === "fatal") throw new TypeError("the bytes are not UTF-8");
        return replaced(plain);
    }
}

/** One character for each byte. */
function binary(bytes) {
    if (isNative) return atob(bytes.toBase64());
    let text = "";
    for (let at = 0; at < bytes.length; at += 8192) {
        text += String.fromCharCode.apply(null, bytes.subarray(at, at + 8192));
    }
    return text;
}

function wellFormed(text) {
    return typeof text.toWellFormed === "function" ? text.toWellFormed() : text;
}

/** Sequences of UTF-8 of each length; what fits none of them is replaced. */
const SEQUENCE =
    /[\x00-\x7f]+|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|[^]/g;

function replaced(plain) {
    return plain.replace(SEQUENCE, (sequence) => {
        try {
            return decodeURIComponent(escape(sequence));
        } catch {
            return "\ufffd".repeat(sequence.length);
        }
    });
}
