/** `console`: lines in the log of whoever runs. */

import { format, inspect } from "./inspect.js";
import { worldNow } from "./world.js";

const counts = new Map();
const begun = new Map();
let indent = "";

function write(level, ...args) {
    worldNow().log(level, indent + format(...args));
}

const line =
    (level) =>
    (...args) =>
        write(level, ...args);

export const console = {
    log: line("info"),
    info: line("info"),
    debug: line("debug"),
    trace: line("trace"),
    warn: line("warn"),
    error: line("error"),
    dir: (value) => write("info", inspect(value)),
    table: (value) => write("info", inspect(value)),
    assert(condition, ...args) {
        if (!condition) write("error", "assertion failed", ...args);
    },
    count(label = "default") {
        counts.set(label, (counts.get(label) ?? 0) + 1);
        write("info", `${label}: ${counts.get(label)}`);
    },
    countReset: (label = "default") => void counts.delete(label),
    time: (label = "default") => void begun.set(label, worldNow().now),
    timeLog: (label = "default", ...args) =>
        write("info", `${label}: ${worldNow().now - begun.get(label)} ms`, ...args),
    timeEnd(label = "default") {
        console.timeLog(label);
        begun.delete(label);
    },
    group(...args) {
        if (args.length > 0) write("info", ...args);
        indent += "  ";
    },
    groupCollapsed: (...args) => console.group(...args),
    groupEnd: () => void (indent = indent.slice(2)),
};
