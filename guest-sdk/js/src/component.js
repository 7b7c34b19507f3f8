/**
 * The exports of a component, in the form of the contract. The build tool exports those whose roles the author uses.
 */

import { fire, receive, runActivity } from "./active.js";
import { apply } from "./entities.js";
import { entries, rolesInUse } from "./registry.js";
import { handle } from "./serve.js";
import { advance, open } from "./session.js";
import { setLineMap } from "./stack.js";
import { connect as connectHost } from "./host.js";

const NO_DEFAULTS = { retry: null, timeout: null };

/** The catalogue. */
export const functions = {
    describe: () =>
        entries().map(({ role, name, doc, inputSchema, outputSchema, defaults }) => ({
            name,
            kind: role,
            doc: doc ?? null,
            inputSchema: inputSchema ?? null,
            outputSchema: outputSchema ?? null,
            defaults: defaults ?? NO_DEFAULTS,
        })),
};

export const activity = { run: runActivity };
export const orchestrator = { open, advance };
export const entity = { apply };
export const timerTrigger = { fire };
export const streamTrigger = { receive };
export const incomingHandler = { handle };

/** Which roles the component has: those of the catalogue, and `http-trigger`. */
export const roles = rolesInUse;

/** Connects the imports of the host, and the line map of the bundle. */
export function connect(imports, lineMap) {
    connectHost(imports);
    if (lineMap !== undefined) setLineMap(lineMap);
}
