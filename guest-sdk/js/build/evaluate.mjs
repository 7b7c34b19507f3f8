/**
 * Runs a bundle under Node, in a realm of its own: to ask it which functions it has, and to play it in tests.
 *
 * The realm has the language and nothing else, as the component has.
 */

import vm from "node:vm";

import { BuildError, GLOBAL } from "./bundle.mjs";
import { placeOf, setLineMap } from "../src/stack.js";

/** The name of the script in stack traces. */
const FILE = "dacapo.bundle.js";

/**
 * The exports of a bundle.
 *
 * @throws {BuildError} if a module throws while it is evaluated
 */
export function evaluate({ code, lineMap }, imports = {}) {
    const context = vm.createContext({});
    try {
        new vm.Script(code, { filename: FILE }).runInContext(context);
    } catch (error) {
        throw new BuildError([messageOf(error, lineMap)]);
    }
    const component = vm.runInContext(GLOBAL, context);
    component.connect(imports, { ...lineMap, before: 0 });
    return component;
}

/** `file:line:column: error: text` for what a module has thrown. */
function messageOf(error, lineMap) {
    const text = error instanceof Object && "message" in error ? `${error.name}: ${error.message}` : String(error);
    setLineMap({ ...lineMap, before: 0 });
    const place = placeOf(error ?? {});
    return place === undefined ? `error: ${text}` : `${place}:1: error: ${text}`;
}
