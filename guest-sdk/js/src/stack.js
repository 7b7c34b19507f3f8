/**
 * Where in the author's sources something is: stack traces of the bundle, read through its line map.
 *
 * The map is made by the build tool: for each line of the bundle the source and the line it came from, as differences in
 * variable-length digits. It is decoded when the first trace is read, which in most instances is never.
 *
 * Invariant: nothing that is decided depends on what is found here.
 */

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const FRAMES_MAX_COUNT = 30;
const FRAME = /^\s*at (?:async )?(?:(.*?) \()?(?:[^()]*?):(\d+):\d+\)?\s*$/;

let map = { sources: [], lines: "", before: 0 };
let decoded = null;
const known = new Map();

/**
 * Takes the map of the bundle. `before` is how many lines stand before it in its module; a source that belongs to the
 * SDK is `null`.
 */
export function setLineMap(given) {
    map = given;
    decoded = null;
    known.clear();
}

/** The stack of an error: one line for each frame of the author, or `undefined` if there is none. */
export function stackOf(error) {
    const frames = framesOf(error).map(({ name, place }) => `    at ${name === "" ? place : `${name} (${place})`}`);
    const more = frames.length > FRAMES_MAX_COUNT ? [`    … ${frames.length - FRAMES_MAX_COUNT} more`] : [];
    return frames.length === 0 ? undefined : [...frames.slice(0, FRAMES_MAX_COUNT), ...more].join("\n");
}

/** `file:line` of the author's code that made this error, or `undefined`. */
export function placeOf(error) {
    const text = String(error.stack ?? "");
    for (const line of text.split("\n")) {
        const [, , number] = FRAME.exec(line) ?? [];
        const place = number === undefined ? null : sourceAt(Number(number));
        if (place !== null) return place;
    }
    return undefined;
}

function framesOf(error) {
    const frames = [];
    const text = typeof error.stack === "string" ? error.stack : "";
    // A stack may have been made to be endless; what counts is at its top.
    for (const line of text.slice(0, 100_000).split("\n")) {
        const [, name = "", number] = FRAME.exec(line) ?? [];
        const place = number === undefined ? null : sourceAt(Number(number));
        const frame = { name: name === "<anonymous>" ? "" : name, place };
        // An async function shows itself and what the build made of it, on one line.
        const isSame = frames.at(-1)?.place === place && frame.name === "";
        if (place !== null && !isSame) frames.push(frame);
    }
    return frames;
}

/** The source of a line of the module, or `null` if nobody wrote it but the SDK. */
function sourceAt(line) {
    let place = known.get(line);
    if (place === undefined) {
        decoded ??= decode(map.lines);
        const [source, original] = decoded[line - map.before - 1] ?? [-1, 0];
        const file = map.sources[source] ?? null;
        place = file === null ? null : `${file}:${original}`;
        known.set(line, place);
    }
    return place;
}

/** Two differences for each line: of the source and of the line within it. An empty line came from nowhere. */
function decode(text) {
    const lines = [];
    let [source, line, at] = [0, 0, 0];
    const number = () => {
        let [value, shift, digit] = [0, 0, 0];
        do {
            digit = DIGITS.indexOf(text[at++]);
            value += (digit & 31) << shift;
            shift += 5;
        } while (digit & 32);
        return value & 1 ? -(value >> 1) : value >> 1;
    };
    while (at < text.length) {
        if (text[at] === ";") {
            lines.push(undefined);
            at += 1;
            continue;
        }
        source += number();
        line += number();
        lines.push([source, line]);
        at += 1;
    }
    return lines;
}
