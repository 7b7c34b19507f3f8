/**
 * The rules of critical sections, checked where the author breaks them: before a decision goes out.
 *
 * The host checks them as well. There a breach fails the instance; here it fails one call, and says what to do.
 */

import { misuse } from "./failure.js";
import { LOCK_ENTITIES_MAX_COUNT } from "./limits.js";

export class Sections {
    /** The section that was asked for and is not over: `{ lock, entities, isGranted }`. */
    #section = null;
    /** Calls of entities that were not answered, by their ids. */
    #calls = new Map();

    checkCall(entity) {
        const section = this.#section;
        if (section === null) return;
        const id = text(entity);
        if (!section.entities.has(id)) {
            throw breach(`${id} is called within a critical section that does not lock it`);
        }
        if (!section.isGranted) throw breach(`${id} is called before its lock is there; await the lock first`);
        if ([...this.#calls.values()].includes(id)) {
            throw breach(`${id} is called while another call of it is open; within a critical section await each`);
        }
    }

    checkSignal(entity) {
        if (this.#section?.entities.has(text(entity))) {
            throw breach(`${text(entity)} is signalled within the critical section that locks it; call it instead`);
        }
    }

    checkChild(name) {
        if (this.#section !== null) {
            throw breach(`the child ${name} is started within a critical section; release the lock first`);
        }
    }

    checkLock(count) {
        if (this.#section !== null) {
            throw breach("entities are locked within a critical section; release that one first, or lock all at once");
        }
        if (count < 1 || count > LOCK_ENTITIES_MAX_COUNT) {
            throw breach(`a lock has 1 to ${LOCK_ENTITIES_MAX_COUNT} entities, not ${count}`);
        }
    }

    called(call, entity) {
        this.#calls.set(call, text(entity));
    }

    answered(task) {
        this.#calls.delete(task);
    }

    asked(lock, entities) {
        this.#section = { lock, entities: new Set(entities.map(text)), isGranted: false };
    }

    granted(lock) {
        if (this.#section?.lock === lock) this.#section.isGranted = true;
    }

    released(lock) {
        if (this.#section?.lock === lock) this.#section = null;
    }

    /** The entities that are locked, and whether there is a section. */
    get held() {
        return this.#section?.isGranted ? [...this.#section.entities] : [];
    }
}

/** An entity as people write it: `@name@key`. */
export function text({ name, key }) {
    return `@${name.toLowerCase()}@${key}`;
}

function breach(message) {
    return misuse("critical-section", message);
}
