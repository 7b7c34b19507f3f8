/** The name of an entity: which kind, and which one of these. */

import { nameOf } from "./registry.js";
import { text } from "./sections.js";

export class EntityId {
    constructor(name, key) {
        this.name = nameOf(name).toLowerCase();
        this.key = String(key ?? "");
    }

    toString() {
        return text(this);
    }
}

/** What authors give for an entity: an id, or something that has one. */
export function entityId(given) {
    if (given instanceof EntityId) return { name: given.name, key: given.key };
    if (given?.id instanceof EntityId) return entityId(given.id);
    if (given !== null && typeof given === "object" && given.name !== undefined) {
        return { name: nameOf(given.name).toLowerCase(), key: String(given.key ?? "") };
    }
    throw new TypeError("an entity is given as new EntityId(name, key), or as cx.entity(name, key)");
}
