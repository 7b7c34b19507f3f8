/**
 * Text to UTF-8 and back, by what is native in QuickJS: a loop over characters costs fifty times as much there.
 *
 * It knows no JSON and no types of the contract.
 */

const { atob, btoa } = globalThis;
const isNative = typeof Uint8Array.fromBase64 === "function" && typeof atob === "function";
const NOT_ASCII = /[^\x00-\x7f]/;
/** The bits of four bytes that no ASCII has. */
const NOT_ASCII_BITS = 0x80808080 | 0;
/** From here on it is faster to look at words than at characters. */
const LONG_MIN_LENGTH = 128;

/** The bytes of a text. Halves of surrogate pairs become U+FFFD. */
export function toBytes(text) {
    const bytes = bytesOf(text);
    return bytes !== null && isAscii(bytes, text) ? bytes : bytesOf(unescape(encodeURIComponent(wellFormed(text))));
}

/**
 * The text of bytes. What is no UTF-8 becomes U+FFFD, or throws if `mode` is "fatal".
 *
 * @throws {TypeError} if the bytes are no UTF-8 and `mode` is "fatal"
 */
export function fromBytes(bytes, mode = "replace") {
    const plain = binary(bytes);
    if (isAscii(bytes, plain)) return plain;
    try {
        return decodeURIComponent(escape(plain));
    } catch {
        if (mode === "fatal") throw new TypeError("the bytes are not UTF-8");
        return replaced(plain);
    }
}

/** Whether all bytes, which are the characters of a text, are ASCII: the part of a conversion that is not native. */
function isAscii(bytes, text) {
    if (text.length < LONG_MIN_LENGTH) return !NOT_ASCII.test(text);
    const { buffer, byteOffset, length } = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
    const words = new Int32Array(buffer, byteOffset, length >> 2);
    const end = words.length & ~7;
    let bits = 0;
    for (let at = 0; at < end; at += 8) {
        const low = words[at] | words[at + 1] | words[at + 2] | words[at + 3];
        bits |= low | words[at + 4] | words[at + 5] | words[at + 6] | words[at + 7];
    }
    for (let at = end; at < words.length; at += 1) bits |= words[at];
    for (let at = words.length << 2; at < length; at += 1) bits |= bytes[at];
    return (bits & NOT_ASCII_BITS) === 0;
}

/** The bytes of a text of one byte for each character, or `null` if it has others. */
function bytesOf(text) {
    if (isNative) {
        try {
            return Uint8Array.fromBase64(btoa(text));
        } catch {
            return null;
        }
    }
    const bytes = new Uint8Array(text.length);
    for (let index = 0; index < text.length; index += 1) {
        const code = text.charCodeAt(index);
        if (code > 0xff) return null;
        bytes[index] = code;
    }
    return bytes;
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
const SEQUENCE = /[\x00-\x7f]+|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|[^]/g;

function replaced(plain) {
    return plain.replace(SEQUENCE, (sequence) => {
        try {
            return decodeURIComponent(escape(sequence));
        } catch {
            return "\ufffd".repeat(sequence.length);
        }
    });
}
