/** `structuredClone`, without transfer. */

const ERRORS = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

export function structuredClone(value) {
    return copy(value, new Map());
}

function copy(value, seen) {
    if (typeof value === "function" || typeof value === "symbol") {
        throw new TypeError(`${String(value)} could not be cloned`);
    }
    if (typeof value !== "object" || value === null) return value;
    if (seen.has(value)) return seen.get(value);
    const noted = (target) => {
        seen.set(value, target);
        return target;
    };
    if (value instanceof Date) return noted(new Date(value.getTime()));
    if (value instanceof RegExp) return noted(new RegExp(value.source, value.flags));
    if (value instanceof ArrayBuffer) return noted(value.slice(0));
    if (ArrayBuffer.isView(value)) return noted(view(value, seen));
    if (value instanceof Map) {
        const target = noted(new Map());
        for (const [key, entry] of value) target.set(copy(key, seen), copy(entry, seen));
        return target;
    }
    if (value instanceof Set) {
        const target = noted(new Set());
        for (const entry of value) target.add(copy(entry, seen));
        return target;
    }
    if (value instanceof Error) return noted(error(value, seen));
    if (value instanceof Boolean || value instanceof Number || value instanceof String) {
        return noted(Object(value.valueOf()));
    }
    if (value instanceof WeakMap || value instanceof WeakSet || typeof value.then === "function") {
        throw new TypeError(`${value.constructor?.name ?? "the object"} could not be cloned`);
    }
    const target = noted(Array.isArray(value) ? new Array(value.length) : {});
    for (const key of Object.keys(value)) target[key] = copy(value[key], seen);
    return target;
}

function view(value, seen) {
    const buffer = copy(value.buffer, seen);
    return value instanceof DataView
        ? new DataView(buffer, value.byteOffset, value.byteLength)
        : new value.constructor(buffer, value.byteOffset, value.length);
}

function error(value, seen) {
    const target = new (ERRORS[value.name] ?? Error)(value.message);
    if (value.cause !== undefined) target.cause = copy(value.cause, seen);
    if (typeof value.stack === "string") {
        Object.defineProperty(target, "stack", { value: value.stack, configurable: true, writable: true });
    }
    return target;
}
