/** What an operation of an entity sees and may ask for. Nothing happens before the batch is over and on disk. */

import { EntityId, entityId } from "./entity-id.js";
import { leveled } from "./log.js";
import { encode } from "./payload.js";
import { SplitMix64 } from "./random.js";
import { nameOf } from "./registry.js";
import { timestamp } from "./time.js";

const hex = (number, digits) => (number >>> 0).toString(16).padStart(digits, "0");

export class EntityContext {
    #memory;
    #operation;
    #asked = { effects: [], lines: [], deletes: false };

    constructor({ entity, now }, operation, name, memory) {
        this.#memory = memory;
        this.#operation = operation;
        this.id = new EntityId(entity.name, entity.key);
        /** The name of the operation, as its author wrote it. */
        this.operation = name ?? operation.name;
        const write = (level, message) => void this.#asked.lines.push({ level, message });
        /** What the language's own clock and chance are meanwhile. */
        this.world = { now, began: now, random: new SplitMix64(operation.seed), log: write };
    }

    get log() {
        return leveled(this.world.log);
    }

    get name() {
        return this.id.name;
    }

    get key() {
        return this.id.key;
    }

    get now() {
        return new Date(this.world.now);
    }

    /** Whether somebody waits for the result. */
    get isCall() {
        return this.#operation.kind === "call";
    }

    get state() {
        return this.#memory.value;
    }

    set state(value) {
        this.#memory.value = value;
    }

    random() {
        return this.world.random.nextNumber();
    }

    uuid() {
        return this.world.random.nextUuid();
    }

    /** An entity, this one included, that shall be signalled after this batch. */
    entity(name, key) {
        const id = new EntityId(name, key);
        return {
            id,
            signal: (operation, input, { at } = {}) => {
                const time = at == null ? null : timestamp(at);
                const call = { entity: entityId(id), operation: String(operation), at: time };
                this.#asked.effects.push({ tag: "signal", val: { ...call, input: encode(input, "invalid-input") } });
            },
        };
    }

    /** Starts an orchestration after this batch, and gives the id that it will have. */
    start(orchestrator, input, { id, version, at } = {}) {
        const { seed } = this.#operation;
        // The rule of the contract, by which the host derives the same id.
        const derived = `${hex(seed.high, 8)}${hex(seed.low, 8)}:${hex(this.#asked.effects.length, 1)}`;
        const val = {
            name: nameOf(orchestrator),
            input: encode(input, "invalid-input"),
            instance: id ?? null,
            version: version ?? null,
            at: at == null ? null : timestamp(at),
        };
        this.#asked.effects.push({ tag: "start", val });
        return id ?? derived;
    }

    /** Deletes the state when the operation is over, unless it fails. */
    deleteState() {
        this.#asked.deletes = true;
    }

    /** What the operation asked for: `effects`, the `lines` of its log, and whether it `deletes` the state. */
    get asked() {
        return this.#asked;
    }
}
