/**
 * One batch of operations on one entity: the state is read once before the first and written once after the last.
 *
 * Invariant: an operation that fails leaves no trace in the state, and has no effects. No copies are taken for that:
 * after a failure the state is read again, and the operations that have succeeded since then are run again. They do the
 * same, since they know nothing but the state, the input and the seed.
 */

import { EntityContext } from "./entity-context.js";
import { misuse, toContract } from "./failure.js";
import { decode, encode, encodeText } from "./payload.js";
import { find } from "./registry.js";
import { runToEnd } from "./run.js";
import { fromBytes, toBytes } from "./text.js";
import { playing } from "./world.js";

/** What every entity understands, unless its author writes an operation of that name. */
const DELETE = "delete";

/** The state of an entity, and the way back to it. */
class Memory {
    #entry;
    /** The JSON that the state was read from last; `null` if there was none. */
    #saved;
    /** The operations that have succeeded since. */
    #since = [];
    #initialText;
    value;
    exists;

    constructor(entry, saved) {
        this.#entry = entry;
        this.#saved = saved;
        this.#initialText = encodeText(entry.initial(), "invalid-state");
        this.#read();
    }

    get text() {
        return encodeText(this.value, "invalid-state");
    }

    /** Runs an operation. What it did to the state is undone if it throws. */
    perform(operate) {
        try {
            const done = this.#go(operate);
            this.#since.push(operate);
            return done;
        } catch (error) {
            this.#goBack();
            throw error;
        }
    }

    #read() {
        this.exists = this.#saved !== null;
        this.value = this.exists ? this.#entry.revive(JSON.parse(this.#saved)) : this.#entry.initial();
    }

    #go(operate) {
        const done = operate(this);
        if (done.deletes) {
            this.value = this.#entry.initial();
            this.exists = false;
        } else if (!this.exists) {
            // An operation that only reads does not make a state.
            this.exists = this.text !== this.#initialText;
        }
        return done;
    }

    #goBack() {
        this.#read();
        for (const operate of this.#since) this.#go(operate);
        this.#saved = this.exists ? this.text : null;
        this.#since = [];
    }
}

/** Runs operations one after another. */
export function apply(context, state, operations) {
    const logs = [];
    const batch = begin(context, state ?? null);
    const results = operations.map((operation) => {
        try {
            const { output, effects, lines } = batch.run(operation);
            logs.push(...lines);
            return { tag: "ok", val: { output, effects } };
        } catch (error) {
            return { tag: "err", val: toContract(error) };
        }
    });
    try {
        return { results, state: batch.written(), logs };
    } catch (error) {
        // With one operation it is clear whose fault it is. Otherwise this is a trap, and the host finds out.
        if (operations.length !== 1) throw error;
        return { results: [{ tag: "err", val: toContract(error) }], state: { tag: "unchanged" }, logs };
    }
}

function begin(context, state) {
    const entry = find("entity", context.entity.name);
    if (entry === undefined) return new Broken(misuse("unknown-function", `there is no entity ${context.entity.name}`));
    try {
        return new Batch(entry, context, state, saved(entry, state));
    } catch (error) {
        return new Broken(error, () => new Batch(entry, context, state, null));
    }
}

/** The JSON of a state in the form that this component knows, or `null` if there is none. */
function saved(entry, state) {
    if (state === null) return null;
    const { version } = state;
    if (version > entry.version) {
        const known = `the state has version ${version}, and this component knows it up to version ${entry.version}`;
        throw misuse("newer-state", `${known}: deploy one that knows it`);
    }
    if (version === entry.version) return fromBytes(state.data);
    if (entry.migrate === undefined) {
        throw misuse("invalid-state", `the state has version ${version}, and the entity ${entry.name} has no migrate`);
    }
    return encodeText(entry.migrate(version, decode(state.data)), "invalid-state");
}

/** A batch on a state that cannot be read. It stays as it is until somebody deletes it. */
class Broken {
    #error;
    #fresh;
    #batch = null;

    constructor(error, fresh) {
        this.#error = error;
        this.#fresh = fresh;
    }

    run(operation) {
        if (this.#batch === null && this.#fresh !== undefined && operation.name.toLowerCase() === DELETE) {
            this.#batch = this.#fresh();
        }
        if (this.#batch === null) throw this.#error;
        return this.#batch.run(operation);
    }

    written() {
        return this.#batch === null ? { tag: "unchanged" } : this.#batch.written();
    }
}

class Batch {
    #entry;
    #context;
    #memory;
    #before;

    constructor(entry, context, before, saved) {
        this.#entry = entry;
        this.#context = context;
        this.#before = before;
        this.#memory = new Memory(entry, saved);
    }

    run(operation) {
        const name = this.#known(operation.name);
        const input = decode(operation.input);
        return this.#memory.perform((memory) => {
            const cx = new EntityContext(this.#context, operation, name, memory);
            const value = name === null ? cx.deleteState() : this.#operate(memory, name, input, cx);
            return { output: encode(value, "invalid-output"), ...cx.asked };
        });
    }

    /** What the host shall keep. */
    written() {
        const before = this.#before;
        if (!this.#memory.exists) return { tag: before === null ? "unchanged" : "deleted" };
        const { text } = this.#memory;
        const { version } = this.#entry;
        const isSame = before !== null && before.version === version && fromBytes(before.data) === text;
        return isSame ? { tag: "unchanged" } : { tag: "set", val: { data: toBytes(text), version } };
    }

    #operate(memory, name, input, cx) {
        return playing(cx.world, () => runToEnd(() => this.#entry.operate(memory, name, input, cx)));
    }

    /** The operation as its author wrote it, or `null` for the one that deletes. */
    #known(asked) {
        if (this.#entry.operations === null) return asked;
        const known = this.#entry.operations.find((name) => name.toLowerCase() === asked.toLowerCase());
        if (known !== undefined) return known;
        if (asked.toLowerCase() === DELETE) return null;
        const there = [...this.#entry.operations, DELETE].join(", ");
        throw misuse(
            "unknown-operation",
            `${this.#entry.name} has no operation ${JSON.stringify(asked)}; it has ${there}`,
        );
    }
}
