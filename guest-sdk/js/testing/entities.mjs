/** The entities of a test: their states, who holds which, and what waits for them. */

import { entityText, payload, seedOf, value } from "./values.mjs";

export class Entities {
    #world;
    #realm;
    #states = new Map();
    #owners = new Map();
    /** Requests for locks, oldest first, and operations on entities that somebody else holds. */
    #requests = [];
    #waiting = [];
    #run = 0;

    constructor(world, realm, states) {
        this.#world = world;
        this.#realm = realm;
        for (const [id, data] of Object.entries(states)) {
            this.#states.set(id.toLowerCase().split("@")[1] === undefined ? id : canonical(id), {
                data: payload(data),
                version: 0,
            });
        }
    }

    state(entity) {
        const state = this.#states.get(entityText(entity));
        return state === undefined ? undefined : value(state.data);
    }

    /** Calls an operation; it runs in a moment of its own. */
    call(instance, { entity, operation, input }, answered) {
        const run = () => answered(this.#apply(entity, operation, input, "call"));
        this.#queue(entityText(entity), instance, run);
    }

    signal({ entity, operation, input, at }) {
        const run = () => this.#apply(entity, operation, input, "signal");
        this.#queue(entityText(entity), null, run, at);
    }

    lock(instance, id, entities, answered) {
        this.#world.at(this.#world.now, () => {
            if (instance.end !== null) return;
            this.#requests.push({ instance, id, entities, answered });
            this.#grant();
        });
    }

    release(instance, id) {
        this.#requests = this.#requests.filter((request) => request.instance !== instance || request.id !== id);
        this.releaseAll(instance);
    }

    releaseAll(instance) {
        for (const [entity, owner] of this.#owners) if (owner === instance) this.#owners.delete(entity);
        this.#requests = this.#requests.filter((request) => request.instance !== instance);
        const open = this.#waiting;
        this.#waiting = [];
        for (const { entity, by, run } of open) this.#queue(entity, by, run);
        this.#grant();
    }

    #queue(entity, by, run, at) {
        const { now } = this.#world;
        this.#world.at(Math.max(at ?? now, now), () => {
            const owner = this.#owners.get(entity);
            if (owner === undefined || owner === by) run();
            else this.#waiting.push({ entity, by, run });
        });
    }

    #grant() {
        const left = [];
        for (const request of this.#requests) {
            const isFree = request.entities.every((entity) => !this.#owners.has(entity));
            if (!isFree) {
                left.push(request);
                continue;
            }
            for (const entity of request.entities) this.#owners.set(entity, request.instance);
            this.#world.at(this.#world.now, () => request.answered({ output: payload(null) }));
        }
        this.#requests = left;
    }

    #apply(entity, operation, input, kind) {
        this.#run += 1;
        const id = entityText(entity);
        const context = { entity: { name: entity.name.toLowerCase(), key: entity.key }, now: this.#world.now };
        const operations = [{ name: operation, input, kind, seed: seedOf(this.#run) }];
        const outcome = this.#realm.entity.apply(context, this.#states.get(id) ?? null, operations);
        if (outcome.state.tag === "set") this.#states.set(id, outcome.state.val);
        if (outcome.state.tag === "deleted") this.#states.delete(id);
        for (const { level, message } of outcome.logs) this.#world.logs.push(`${level}: ${message}`);
        const { tag, val } = outcome.results[0];
        if (tag === "err") return { failure: val };
        for (const effect of val.effects) this.#effect(effect);
        return { output: val.output };
    }

    #effect({ tag, val }) {
        if (tag === "signal") {
            this.signal(val);
            return;
        }
        const { now } = this.#world;
        const { name, input, instance, version } = val;
        this.#world.at(Math.max(val.at ?? now, now), () => {
            if (this.#world.has("orchestrator", name)) this.#world.begin({ name, input, instance, version, tags: [] });
        });
    }
}

function canonical(id) {
    const [, name, ...key] = id.split("@");
    return `@${name.toLowerCase()}@${key.join("@")}`;
}
