/**
 * How authors define functions: each takes a name, perhaps options, and the function, and gives a value that
 * orchestrators call.
 *
 * It checks what it is given when the component is built, so that a mistake in a definition is an error of the build.
 */

import { callHere, startHere } from "./context.js";
import { activityOptions } from "./options.js";
import { define, httpTriggers } from "./registry.js";

/** A function that touches the world. Called in an orchestrator, the value schedules it. */
export function activity(name, ...given) {
    const { options, body: run } = read("activity", name, given);
    const { retry, timeout, ...rest } = options;
    const defaults = activityOptions({ retry, timeout });
    define("activity", name, { run, defaults, ...described("activity", name, rest) });
    return callable(name, (input, callOptions) => callHere(name, defaults, input, callOptions), run);
}

/** A function that is replayed. Called in another orchestrator, the value starts a child. */
export function orchestrator(name, ...given) {
    const { options, body: run } = read("orchestrator", name, given);
    define("orchestrator", name, { run, ...described("orchestrator", name, options) });
    return callable(name, (input, callOptions) => startHere(name, input, callOptions), run);
}

/** Something that keeps a state: a class whose methods are operations, or `{ initial, operations }`. */
export function entity(name, ...given) {
    const { options, body } = read("entity", name, given);
    const { version = 0, migrate, ...rest } = options;
    if (!Number.isInteger(version) || version < 0) throw new TypeError(`${name}: version counts from 0`);
    const form = typeof body === "function" ? ofClass(body) : ofOperations(name, body);
    define("entity", name, { ...form, version, migrate, ...described("entity", name, rest) });
    return Object.freeze({ functionName: name });
}

/** A function that answers HTTP requests: `{ route, methods }`. Without a route it answers all. */
export function httpTrigger(name, ...given) {
    const { options, body: run } = read("HTTP trigger", name, given);
    const { route, methods = [], ...rest } = options;
    refuseUnknown("HTTP trigger", name, rest, []);
    const list = (Array.isArray(methods) ? methods : [methods]).map((method) => method.toUpperCase());
    httpTriggers.push({ name, route: route?.replace(/^\//, ""), methods: list, run });
    return callable(name, notCalled("HTTP trigger", name), run);
}

/** A function that runs on a schedule, which the manifest gives it. */
export function timerTrigger(name, ...given) {
    return trigger("timer-trigger", name, given);
}

/** A function that runs for each message of a stream, which the manifest gives it. */
export function streamTrigger(name, ...given) {
    return trigger("stream-trigger", name, given);
}

function trigger(role, name, given) {
    const { options, body: run } = read(role, name, given);
    const { doc, ...rest } = options;
    refuseUnknown(role, name, rest, []);
    define(role, name, { run, ...described(role, name, { doc }) });
    return callable(name, notCalled(role, name), run);
}

function notCalled(role, name) {
    return () => {
        throw new TypeError(`${name} is a ${role}: the host calls it. The plain function is ${name}.run`);
    };
}

/** A function that stands for another one, whose plain form is its member `run`. */
function callable(name, call, run) {
    return Object.defineProperties(call, {
        name: { value: name },
        functionName: { value: name },
        run: { value: run },
    });
}

/** The options, if there are any, and the body. */
function read(role, name, given) {
    const [options, body] = given.length > 1 ? given : [{}, given[0]];
    const isBody = typeof body === "function" || (role === "entity" && typeof body === "object" && body !== null);
    if (!isBody) throw new TypeError(`${role} ${String(name)} needs a function as its last argument`);
    return { options: options ?? {}, body };
}

function described(role, name, { doc, input, output, ...rest }) {
    refuseUnknown(role, name, rest, ["doc", "input", "output"]);
    const schema = (given) => (given === undefined ? null : JSON.stringify(given));
    return { doc: doc ?? null, inputSchema: schema(input), outputSchema: schema(output) };
}

function refuseUnknown(role, name, rest, known) {
    const [unknown] = Object.keys(rest);
    if (unknown === undefined) return;
    const hint = known.length === 0 ? "" : ` beside its own: ${known.join(", ")}`;
    throw new TypeError(`${role} ${name} has no option ${unknown}${hint}`);
}

/** An entity whose state is an object of a class, and whose operations are its methods. */
function ofClass(Class) {
    const operations = new Set();
    for (let at = Class.prototype; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
        for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
            if (name !== "constructor" && typeof value === "function" && !name.startsWith("_")) operations.add(name);
        }
    }
    return {
        operations: [...operations],
        initial: () => new Class(),
        revive: (data) => Object.assign(new Class(), data),
        operate: (memory, name, input, cx) => memory.value[name](input, cx),
    };
}

/** An entity whose operations are functions of a context that holds the state. */
function ofOperations(name, { initial = () => null, operations, ...rest }) {
    refuseUnknown("entity", name, rest, []);
    if (typeof initial !== "function") throw new TypeError(`entity ${name}: initial is a function that makes a state`);
    return {
        operations: Object.keys(operations),
        initial,
        revive: (data) => data,
        operate: (_, operation, input, cx) => operations[operation](cx, input),
    };
}
