/**
 * Where in the author's sources something is: stack traces of the bundle, read through its line map.
 *
 * The map is made by the build tool: for each line of the bundle the places where another line of a source begins. A
 * line is decoded when it is needed, which in most instances is never.
 *
 * Invariant: nothing that is decided depends on what is found here.
 */

import { numbersIn } from "./digits.js";
import { TEXT_MAX_LENGTH } from "./limits.js";

const FRAMES_MAX_COUNT = 30;
/** How many frames of the SDK may lie between a decision and the author. */
const CALLERS_MAX_COUNT = 10;
/** A stack may have been made to be endless; what counts is at its top. */
const LINES_MAX_COUNT = 60;
const LINE_MAX_LENGTH = 500;
const FRAME = /^\s*at (?:async )?(?:(.*?) \()?(?:[^()]*?):(\d+):(\d+)\)?\s*$/;

let sources = [];
let lines = [];
let before = 0;
/** The lines that were decoded. */
const decoded = new Map();

/**
 * Takes the map of the bundle. `before` is how many lines stand before it in its module; a source that belongs to the
 * SDK is `null`.
 */
export function setLineMap(map) {
    ({ sources, before } = map);
    lines = map.lines.split(";");
    decoded.clear();
}

/** The stack of an error: one line for each frame of the author, or `undefined` if there is none. */
export function stackOf(error) {
    const frames = framesOf(error).map(({ name, place }) => `    at ${name === "" ? place : `${name} (${place})`}`);
    const more = frames.length > FRAMES_MAX_COUNT ? [`    … ${frames.length - FRAMES_MAX_COUNT} more`] : [];
    return frames.length === 0 ? undefined : [...frames.slice(0, FRAMES_MAX_COUNT), ...more].join("\n");
}

/** `file:line` of the author's code that made this error, or `undefined`. */
export function placeOf(error) {
    return framesOf(error)[0]?.place;
}

/**
 * `file:line` of the author's code that called `boundary`, or `undefined`. It is asked for each decision of a replay.
 */
export function placeOfCaller(boundary) {
    const { prepareStackTrace, stackTraceLimit } = Error;
    const holder = {};
    try {
        Error.prepareStackTrace = (_, sites) => sites;
        Error.stackTraceLimit = CALLERS_MAX_COUNT;
        Error.captureStackTrace(holder, boundary);
        for (const site of holder.stack) {
            const place = sourceAt(site.getLineNumber(), site.getColumnNumber());
            if (place !== null) return place;
        }
        return undefined;
    } finally {
        Error.prepareStackTrace = prepareStackTrace;
        Error.stackTraceLimit = stackTraceLimit;
    }
}

function framesOf(error) {
    const frames = [];
    const text = typeof error.stack === "string" ? error.stack : "";
    for (const line of text.slice(0, TEXT_MAX_LENGTH).split("\n", LINES_MAX_COUNT)) {
        if (line.length > LINE_MAX_LENGTH) continue;
        const [, name = "", number, column] = FRAME.exec(line) ?? [];
        const place = number === undefined ? null : sourceAt(Number(number), Number(column));
        const frame = { name: name === "<anonymous>" ? "" : name, place };
        // An async function shows itself and what the build made of it, on one line.
        const isSame = frames.at(-1)?.place === place && frame.name === "";
        if (place !== null && !isSame) frames.push(frame);
    }
    return frames;
}

/** The source of a place in the module, or `null` if nobody wrote it but the SDK. */
function sourceAt(line, column) {
    let places = decoded.get(line);
    if (places === undefined) {
        places = placesIn(lines[line - before - 1] ?? "");
        decoded.set(line, places);
    }
    let found = places[0];
    for (const place of places) if (place.column < column) found = place;
    return found?.name ?? null;
}

/** The places of a line: from which column on it is which line of which source. */
function placesIn(text) {
    const numbers = numbersIn(text);
    const places = [];
    for (let at = 0; at < numbers.length; at += 3) {
        const [column, source, line] = numbers.slice(at, at + 3);
        places.push({ column, name: sources[source] == null ? null : `${sources[source]}:${line}` });
    }
    return places;
}
