/**
 * What an orchestrator can do: everything durable is a member of `Context`, so that it can be seen in the code.
 *
 * Each call takes its decision when it is made. Time, chance and identity are data of the host.
 */

import { current } from "./current.js";
import { EntityId, entityId } from "./entity-id.js";
import { Failure } from "./failure.js";
import { callHttp } from "./http.js";
import { leveled } from "./log.js";
import { overriding, retryPolicy } from "./options.js";
import { encode } from "./payload.js";
import { Promise } from "./promise.js";
import { find, nameOf } from "./registry.js";
import { callEntity, createTimer, lockEntities, scheduleActivity, signalEntity, startChild } from "./tasks.js";
import { milliseconds, timestamp } from "./time.js";

const NO_DEFAULTS = { retry: null, timeout: null };

export class Context {
    #machine;

    constructor(machine) {
        this.#machine = machine;
    }

    /** The log of the instance. Lines of replayed turns are not written again. */
    get log() {
        return leveled((level, message) => this.#machine.log(level, message));
    }

    get name() {
        return this.#machine.origin.name;
    }

    get instanceId() {
        return this.#machine.origin.instance;
    }

    get execution() {
        return this.#machine.origin.execution;
    }

    get version() {
        return this.#machine.origin.version ?? undefined;
    }

    get parent() {
        return this.#machine.origin.parent ?? undefined;
    }

    get tags() {
        return Object.fromEntries(this.#machine.origin.tags);
    }

    get now() {
        return new Date(this.#machine.now);
    }

    get isReplaying() {
        return this.#machine.isReplaying;
    }

    random() {
        return this.#machine.random.nextNumber();
    }

    uuid() {
        return this.#machine.random.nextUuid();
    }

    setStatus(status) {
        this.#machine.customStatus = encode(status, "invalid-status");
    }

    callActivity(activity, input, options) {
        return call(this.#machine, nameOf(activity), input, options);
    }

    child(orchestrator, input, options) {
        return start(this.#machine, nameOf(orchestrator), input, options);
    }

    sleep(duration) {
        return createTimer(this.#machine, this.#machine.now + milliseconds(duration));
    }

    timer(time) {
        return createTimer(this.#machine, timestamp(time));
    }

    event(name, { timeout } = {}) {
        const wait = this.#machine.wait(String(name));
        if (timeout == null) return wait;
        const timer = this.sleep(timeout);
        const came = wait.then((value) => {
            timer.cancel();
            return value;
        });
        const result = Promise.race([came, timer.then(() => wait.cancel())]);
        return Object.defineProperty(result, "cancel", {
            value() {
                wait.cancel();
                timer.cancel();
            },
        });
    }

    sendEvent(instance, name, value) {
        const val = { instance: String(instance), name: String(name), input: encode(value, "invalid-event") };
        this.#machine.decide({ tag: "send-event", val });
    }

    entity(name, key) {
        return new EntityReference(this.#machine, new EntityId(name, key));
    }

    lock(entities, body) {
        const ids = (Array.isArray(entities) ? entities : [entities]).map(entityId);
        const request = lockEntities(this.#machine, distinct(ids));
        if (body === undefined) return request;
        return request.then((lock) => Promise.try(body, lock).finally(() => lock.release()));
    }

    continueAsNew(input, { keepEvents = true } = {}) {
        this.#machine.next = { input: encode(input, "invalid-input"), keepsEvents: keepEvents };
        return Promise.withResolvers().promise;
    }

    callHttp(request) {
        return callHttp(this, request);
    }

    cancel(task) {
        task.cancel();
    }

    fail(kind, message, options) {
        return new Failure(kind, message, options);
    }

    /** Tries until an attempt succeeds, or until `wait` gives no length of time to wait before the next one. */
    retryWith(attempt, wait) {
        const go = async (number) => {
            try {
                return await attempt(number);
            } catch (error) {
                const pause = await wait(number, error);
                if (pause == null) throw error;
                await this.sleep(pause);
                return go(number + 1);
            }
        };
        return go(1);
    }
}

/** Calls and signals of one entity. */
class EntityReference {
    #machine;

    constructor(machine, id) {
        this.#machine = machine;
        this.id = id;
    }

    call(operation, input) {
        return callEntity(this.#machine, entityId(this.id), String(operation), input);
    }

    signal(operation, input, { at } = {}) {
        const time = at == null ? null : timestamp(at);
        signalEntity(this.#machine, entityId(this.id), String(operation), input, time);
    }
}

/** Calls an activity. Where the caller says nothing, what the activity recommends applies, if it is known here. */
function call(machine, name, input, options) {
    const defaults = find("activity", name)?.defaults ?? NO_DEFAULTS;
    return scheduleActivity(machine, name, input, overriding(defaults, options));
}

/** Starts a child. */
function start(machine, name, input, { id, version, retry } = {}) {
    const options = { instance: id ?? null, version: version ?? null, retry: retryPolicy(retry) };
    return startChild(machine, name, input, options);
}

/** What the value that `activity()` returned does in an orchestrator. */
export function callHere(name, defaults, input, options) {
    const machine = current(name);
    return scheduleActivity(machine, name, input, overriding(defaults, options));
}

/** What the value that `orchestrator()` returned does in another one. */
export function startHere(name, input, options) {
    return start(current(name), name, input, options);
}

/** A lock has each entity once, whatever the order in which they are named. */
function distinct(ids) {
    const byText = new Map(ids.map((id) => [`${id.name}@${id.key}`, id]));
    return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, id]) => id);
}
