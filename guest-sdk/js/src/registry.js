/**
 * The functions that the author's modules define, by role and name.
 *
 * It is filled while the modules are evaluated, when the component is built, and does not change afterwards.
 */

const NAME = /^[A-Za-z0-9_.-]{1,100}$/;

const roles = {
    activity: new Map(),
    orchestrator: new Map(),
    entity: new Map(),
    "timer-trigger": new Map(),
    "stream-trigger": new Map(),
};

/** HTTP triggers are found by their routes. */
export const httpTriggers = [];

/**
 * Notes a function.
 *
 * @throws {TypeError} if its name is not allowed, or taken
 */
export function define(role, name, entry) {
    if (typeof name !== "string" || !NAME.test(name)) {
        const rule = "letters, digits, _, - and ., at most 100 of them";
        throw new TypeError(`${JSON.stringify(name)} cannot be the name of a function: it has ${rule}`);
    }
    const key = name.toLowerCase();
    if (roles[role].has(key)) throw new TypeError(`there are two of the name ${name} and the kind ${role}`);
    roles[role].set(key, { ...entry, name });
}

/** The function of a role and name, in upper or lower case, or `undefined`. */
export function find(role, name) {
    return roles[role].get(name.toLowerCase());
}

/** All functions of a role, in the order of their definition. */
export function all(role) {
    return [...roles[role].values()];
}

/** All of them, with their roles. */
export function entries() {
    return Object.keys(roles).flatMap((role) => all(role).map((entry) => ({ role, ...entry })));
}

/** Which roles the component has. */
export function rolesInUse() {
    const used = Object.keys(roles).filter((role) => roles[role].size > 0);
    return httpTriggers.length > 0 ? [...used, "http-trigger"] : used;
}

/** What a name is that may be given by the value that a definition returned. */
export function nameOf(given) {
    const name = typeof given === "string" ? given : given?.functionName;
    if (typeof name !== "string") throw new TypeError(`${String(given)} is neither a name nor a function of the SDK`);
    return name;
}
