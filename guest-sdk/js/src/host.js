/**
 * What stands around the bundle: the functions of the host that its component imports.
 *
 * The module that the build tool puts around the bundle connects them; in a test the kit does. What is not connected is
 * not imported, and must not be needed.
 */

import { misuse } from "./failure.js";

const imports = {};

/** Takes the interfaces that the component imports, by their short names. */
export function connect(given) {
    Object.assign(imports, given);
}

/** An imported interface, or `undefined`. */
export function imported(name) {
    return imports[name];
}

/**
 * An imported interface.
 *
 * @throws {Failure} if it is not there
 */
export function required(name, what) {
    if (imports[name] === undefined) throw misuse("not-available", `${what} is not available here`);
    return imports[name];
}
