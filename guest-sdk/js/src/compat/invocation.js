/** The context that functions of Azure Functions are given: who runs, and a log. */

import { format } from "../inspect.js";
import { worldNow } from "../world.js";

/** Writes to the log of whoever runs. */
const line =
    (level) =>
    (...args) =>
        worldNow().log(level, format(...args));

export class InvocationContext {
    options = { extraInputs: [], extraOutputs: [] };
    extraInputs = { get: () => undefined, set: () => {} };
    extraOutputs = { get: () => undefined, set: () => {} };
    triggerMetadata = {};

    constructor(functionName, invocationId, members = {}) {
        this.functionName = functionName;
        this.invocationId = invocationId;
        Object.assign(this, members);
    }

    log = line("info");
    info = line("info");
    trace = line("trace");
    debug = line("debug");
    warn = line("warn");
    error = line("error");
}
