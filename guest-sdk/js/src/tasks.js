/**
 * The promises that an event answers: calls of activities, children and entities, timers, locks.
 *
 * The decision is issued when the promise is made, in program order, not when it is awaited: two calls that are made
 * before the first is awaited run side by side.
 */

import { Failure } from "./failure.js";
import { decode, encode } from "./payload.js";
import { Durable } from "./durable.js";

/** Something that was asked for and can be taken back. */
export class Task extends Durable {
    /** The number of the decision, or `null` if it was refused before it was one. */
    id = null;
    #machine;

    /** `decide` makes the decision; what it throws is what the task fails with. */
    constructor(machine, decide) {
        super();
        this.#machine = machine;
        try {
            this.id = machine.ask(decide(), this);
        } catch (error) {
            if (!(error instanceof Failure)) throw error;
            this.fail(error);
        }
    }

    /**
     * Tells a running activity that nobody waits for it, terminates a child, stops a timer. Without effect afterwards.
     */
    cancel() {
        if (this.id !== null) this.#machine.cancel(this.id);
    }

    completed(output) {
        this.fulfil(output === undefined ? undefined : decode(output));
    }

    failed(failure) {
        this.fail(failure);
    }
}

/** A critical section: `release` ends it. So does `using`, and the end of the orchestration. */
export class Lock {
    #release;

    constructor(release) {
        this.#release = release;
    }

    release() {
        this.#release();
    }

    [Symbol.dispose ?? Symbol.for("Symbol.dispose")]() {
        this.#release();
    }
}

class LockRequest extends Task {
    constructor(machine, entities) {
        super(machine, () => {
            machine.sections.checkLock(entities.length);
            return { tag: "lock-entities", val: entities };
        });
        this.machine = machine;
        this.isOver = this.id === null;
        if (this.id !== null) machine.sections.asked(this.id, entities);
    }

    completed() {
        this.machine.sections.granted(this.id);
        this.fulfil(new Lock(() => this.#release()));
    }

    failed(failure) {
        // The host locks nothing then, so there is nothing to give back.
        this.isOver = true;
        this.machine.sections.released(this.id);
        this.fail(failure);
    }

    /** A lock is not cancelled but released, granted or not. */
    cancel() {
        this.machine.open.delete(this.id);
        this.#release();
    }

    #release() {
        if (this.isOver) return;
        this.isOver = true;
        this.machine.sections.released(this.id);
        this.machine.decide({ tag: "release-lock", val: this.id });
    }
}

/** Calls an activity. */
export function scheduleActivity(machine, name, input, options) {
    return new Task(machine, () => {
        return { tag: "schedule-activity", val: { name, input: encode(input, "invalid-input"), options } };
    });
}

/** Starts a child. */
export function startChild(machine, name, input, { instance, version, retry }) {
    return new Task(machine, () => {
        machine.sections.checkChild(name);
        return { tag: "start-child", val: { name, input: encode(input, "invalid-input"), instance, version, retry } };
    });
}

/** Wakes at a time, in milliseconds since 1970. */
export function createTimer(machine, at) {
    return new Task(machine, () => ({ tag: "create-timer", val: at }));
}

/** Runs an operation of an entity. */
export function callEntity(machine, entity, operation, input) {
    const task = new Task(machine, () => {
        machine.sections.checkCall(entity);
        return { tag: "call-entity", val: { entity, operation, input: encode(input, "invalid-input") } };
    });
    if (task.id !== null) machine.sections.called(task.id, entity);
    return task;
}

/** Runs an operation of an entity, not before `at`; nobody hears of it. */
export function signalEntity(machine, entity, operation, input, at) {
    machine.sections.checkSignal(entity);
    const val = { entity, operation, input: encode(input, "invalid-input"), at };
    machine.decide({ tag: "signal-entity", val });
}

/** Keeps all others away from entities. */
export function lockEntities(machine, entities) {
    return new LockRequest(machine, entities);
}
