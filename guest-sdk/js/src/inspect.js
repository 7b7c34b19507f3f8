/** A value as a person reads it, in one line: for log lines and messages. */

import { TEXT_MAX_LENGTH } from "./limits.js";

const DEPTH_MAX = 4;
const ITEMS_MAX = 50;

/** A short text for any value, even one that has no JSON form. It never throws. */
export function inspect(value, depth = 0, seen = []) {
    try {
        return shown(value, depth, seen);
    } catch {
        return "[unreadable]";
    }
}

function shown(value, depth, seen) {
    if (typeof value === "string") return depth === 0 ? short(value) : JSON.stringify(short(value));
    if (typeof value === "bigint") return `${value}n`;
    if (typeof value === "function") return `[function ${value.name || "anonymous"}]`;
    if (typeof value !== "object" || value === null) return String(value);
    if (seen.includes(value)) return "[circular]";
    if (value instanceof Error)
        return depth === 0 && value.stack ? `${titled(value)}\n${short(value.stack)}` : `[${titled(value)}]`;
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
    if (value instanceof RegExp) return String(value);
    if (depth >= DEPTH_MAX) return Array.isArray(value) ? "[…]" : "{…}";
    const path = [...seen, value];
    const item = (entry) => inspect(entry, depth + 1, path);
    if (Array.isArray(value) || ArrayBuffer.isView(value)) return `[${listed([...value], item)}]`;
    if (value instanceof Map) return `Map {${listed([...value], ([key, entry]) => `${item(key)} => ${item(entry)}`)}}`;
    if (value instanceof Set) return `Set {${listed([...value], item)}}`;
    const name = value.constructor?.name;
    const prefix = name === undefined || name === "Object" ? "" : `${name} `;
    const members = listed(Object.entries(value), ([key, entry]) => `${key}: ${item(entry)}`);
    return `${prefix}{${members === "" ? "" : ` ${members} `}}`;
}

function short(text) {
    return String(text).slice(0, TEXT_MAX_LENGTH);
}

function titled(error) {
    return `${error.name}: ${short(error.message)}`;
}

function listed(entries, item) {
    const texts = entries.slice(0, ITEMS_MAX).map(item);
    if (entries.length > ITEMS_MAX) texts.push(`… ${entries.length - ITEMS_MAX} more`);
    return texts.join(", ");
}

/** The arguments of a `console.log` as one text; the first may have `%s`, `%d`, `%i`, `%f`, `%j`, `%o` and `%O`. */
export function format(given, ...rest) {
    const first = typeof given === "string" ? short(given) : given;
    if (typeof first !== "string" || !first.includes("%"))
        return [first, ...rest].map((value) => inspect(value)).join(" ");
    const text = first.replace(/%[sdifjoO%]/g, (mark) => {
        if (mark === "%%") return "%";
        if (rest.length === 0) return mark;
        const value = rest.shift();
        if (mark === "%d" || mark === "%f") return String(Number(value));
        if (mark === "%i") return String(Math.trunc(Number(value)));
        return inspect(value, mark === "%s" ? 0 : 1);
    });
    return [text, ...rest.map((value) => inspect(value))].join(" ");
}
