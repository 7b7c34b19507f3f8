/**
 * Values to JSON and back.
 *
 * A value that has no JSON form is refused with the path to what has none. The search for the path is slow and done on
 * failure only: `toJSON` methods that throw find out at native speed whether there is anything to refuse.
 */

import { misuse } from "./failure.js";
import { Promise } from "./promise.js";
import { fromBytes, toBytes } from "./text.js";

/** Whether a value is being written: only then functions and promises are refused. */
let isStrict = false;

/** What no JSON has, and what is said of it. */
const REFUSED = [
    [Function.prototype, "a function"],
    [Promise.prototype, "a promise: await it first"],
];

for (const [prototype, what] of REFUSED) {
    Object.defineProperty(prototype, "toJSON", {
        configurable: true,
        writable: true,
        value() {
            if (isStrict) throw new TypeError(what);
            return what === "a function" ? undefined : {};
        },
    });
}

/**
 * The JSON of a value; `undefined` is `null`.
 *
 * @throws {Failure} of the given kind, if there is none
 */
export function encodeText(value, kind) {
    isStrict = true;
    try {
        return JSON.stringify(value) ?? refuse(value);
    } catch (error) {
        isStrict = false;
        throw misuse(kind, `${pathOf(value) ?? "$"}: ${reasonOf(error)}`);
    } finally {
        isStrict = false;
    }
}

/** As `encodeText`, in the form of the contract. */
export function encode(value, kind) {
    return toBytes(encodeText(value, kind));
}

/** The value of a payload. */
export function decode(payload) {
    return JSON.parse(fromBytes(payload));
}

function refuse(value) {
    if (value === undefined) return "null";
    throw new TypeError(typeof value === "symbol" ? "a symbol" : "it has no JSON form");
}

function reasonOf(error) {
    if (error instanceof RangeError) return "it is nested too deeply";
    const message = String(error?.message ?? error);
    if (/circular/i.test(message)) return "it contains itself";
    return /bigint/i.test(message) ? "a BigInt has no JSON form; write it as text" : message;
}

/** The path to the first thing that has no JSON form: `$.orders[2].total`. */
function pathOf(value, path = "$", above = []) {
    if (typeof value === "bigint" || typeof value === "function") return path;
    if (typeof value !== "object" || value === null) return null;
    if (above.includes(value) || above.length > 1000 || value instanceof Promise) return path;
    if (typeof value.toJSON === "function") return throws(() => JSON.stringify(value)) ? path : null;
    const members = Array.isArray(value) ? value.map((item, index) => [`[${index}]`, item]) : named(value);
    for (const [step, member] of members) {
        const found = pathOf(member, path + step, [...above, value]);
        if (found !== null) return found;
    }
    return null;
}

function named(value) {
    return Object.entries(value).map(([name, member]) => {
        return [/^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`, member];
    });
}

function throws(work) {
    try {
        work();
        return false;
    } catch {
        return true;
    }
}
