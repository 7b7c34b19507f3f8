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
 * @throws {Failure} if there is none: `what` says what needs one
 */
export function current(what) {
    if (machine === null) {
        throw misuse("not-in-orchestrator", `${what} can only be used while an orchestrator runs`);
    }
    return machine;
}
