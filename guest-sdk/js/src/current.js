/** Which execution runs now. A component instance plays one at a time. */

import { misuse } from "./failure.js";

let machine = null;

/** Lets `work` run as part of an execution. */
export function within(execution, work) {
    const outer = machine;
    machine = execution;
    try {
        return work();
    } finally {
        machine = outer;
    }
}

/**
 * The execution that runs.
 *
 * @throws {Failure} if there is none: `name` is the function that needs one
 */
export function current(name) {
    if (machine === null) {
        throw misuse(
            "not-in-orchestrator",
            `${name} can only be called while an orchestrator runs; its plain function is ${name}.run`,
        );
    }
    return machine;
}
