/** Lines for people: what a function says about itself, by level. */

import { format } from "./inspect.js";

const LEVELS = ["trace", "debug", "info", "warn", "error"];

/** A log: call it for a line of level `info`, or one of its members for another level. */
export function leveled(write) {
    const log = (...args) => write("info", format(...args));
    for (const level of LEVELS) log[level] = (...args) => write(level, format(...args));
    return log;
}
