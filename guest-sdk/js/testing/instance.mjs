/** One orchestration of a test: its executions, played in a realm of its own, and what becomes of its decisions. */

import assert from "node:assert/strict";

import { entityText, payload, plainFailure, seedOf, value } from "./values.mjs";

export class Instance {
    end = null;
    children = new Map();
    execution = 0;
    executions = [];
    wanted = [];
    status = undefined;
    #world;
    #realm;
    #start;
    #answered;
    #issued = 0;
    /** Decisions that nobody wants answered. */
    #cancelled = new Set();

    constructor(world, realm, start, answered) {
        this.#world = world;
        this.#realm = realm;
        this.#start = start;
        this.#answered = answered;
        this.id = start.instance;
        this.tags = start.tags;
        this.seed = seedOf(start.seed);
    }

    /** Begins an execution. */
    open(input = this.#start.input, carried = []) {
        this.execution += 1;
        this.seed = seedOf(this.#start.seed + 1000 * (this.execution - 1));
        this.#issued = 0;
        this.#cancelled = new Set();
        const { name, instance, version, parent, tags } = this.#start;
        const who = { name, instance, execution: this.execution, version, parent, tags };
        const start = { ...who, now: this.#world.now, seed: this.seed, input, replaying: false };
        this.executions.push({ start, turns: [], decisions: [] });
        this.#note(`start ${name}(${text(input)})`);
        this.#take(this.#realm.orchestrator.open(start));
        for (const event of carried) this.#turn({ tag: "event-raised", val: event });
    }

    /** An external event comes. */
    raise(name, input) {
        if (this.end !== null) return;
        this.#note(`event ${name}(${text(input)})`);
        this.#turn({ tag: "event-raised", val: { name, input } });
    }

    /** Ends it from outside. */
    terminate() {
        this.end ??= {
            failure: { kind: "dacapo:terminated", message: "it was terminated", retryable: false, causes: [] },
        };
    }

    /** What became of it. */
    result() {
        const { output, failure } = this.end;
        return {
            output,
            failure: failure === undefined ? undefined : plainFailure(failure),
            status: this.status,
            executions: this.executions.map(({ decisions }) => decisions.map((decision) => decision.tag)),
        };
    }

    /** Replays each execution, all at once and turn by turn. The decisions must be the same. */
    checkReplays() {
        for (const { start, turns, decisions } of this.executions) {
            const replayed = turns.map((turn) => ({ ...turn, replaying: true }));
            for (const calls of [[replayed], replayed.map((turn) => [turn])]) {
                const steps = [this.#realm.orchestrator.open({ ...start, replaying: true })];
                for (const call of calls) steps.push(this.#realm.orchestrator.advance(call));
                const again = steps.flatMap((step) => [...step.decisions]);
                assert.deepEqual(plain(again), plain(decisions), `a replay of ${start.name} decides differently`);
            }
        }
    }

    #turn(event) {
        if (this.end !== null) return;
        const turn = { now: this.#world.now, replaying: false, events: [event] };
        this.executions.at(-1).turns.push(turn);
        this.#take(this.#realm.orchestrator.advance([turn]));
    }

    #take(step) {
        for (const { level, message } of step.logs) this.#world.logs.push(`${level}: ${message}`);
        if (step.customStatus != null) this.status = value(step.customStatus);
        const execution = this.executions.at(-1);
        for (const decision of step.decisions) {
            execution.decisions.push(decision);
            this.#carryOut(this.#issued, decision);
            this.#issued += 1;
        }
        this.#stand(step.status);
    }

    #stand({ tag, val }) {
        if (tag === "waiting") {
            this.wanted = [...val];
        } else if (tag === "continued-as-new") {
            this.#note(`continue as new(${text(val.input)})`);
            this.#world.entities.releaseAll(this);
            const carried = [...val.carried];
            this.#world.at(this.#world.now, () => this.open(val.input, carried));
        } else {
            this.end = tag === "completed" ? { output: value(val) } : { failure: val };
            this.#note(tag === "completed" ? `completed ${text(val)}` : `failed ${val.kind}: ${val.message}`);
            this.#world.entities.releaseAll(this);
            this.#answered?.(tag === "completed" ? { output: val } : { failure: val });
        }
    }

    #carryOut(id, { tag, val }) {
        const answered = this.#answerTo(id);
        const world = this.#world;
        const doings = {
            "schedule-activity": () => [
                `${val.name}(${text(val.input)})`,
                () => world.runActivity(this, id, val, answered),
            ],
            "start-child": () => [
                `child ${val.name}(${text(val.input)})`,
                () => world.runChild(this, id, val, answered),
            ],
            "create-timer": () => [
                `timer +${val - world.now} ms`,
                () => world.at(val, () => answered({ fired: true })),
            ],
            cancel: () => [`cancel ${val}`, () => this.#cancel(val)],
            "send-event": () => [
                `send ${val.name}(${text(val.input)}) to ${val.instance}`,
                () => world.at(world.now, () => world.find(val.instance)?.raise(val.name, val.input)),
            ],
            "call-entity": () => [
                `call ${entityText(val.entity)} ${val.operation}(${text(val.input)})`,
                () => world.entities.call(this, val, answered),
            ],
            "signal-entity": () => [
                `signal ${entityText(val.entity)} ${val.operation}(${text(val.input)})`,
                () => world.entities.signal(val),
            ],
            "lock-entities": () => [
                `lock ${[...val].map(entityText).join(" ")}`,
                () => world.entities.lock(this, id, [...val].map(entityText), answered),
            ],
            "release-lock": () => [`release ${val}`, () => world.entities.release(this, val)],
        };
        const [line, carryOut] = doings[tag]();
        this.#note(`${id} ${line}`);
        carryOut();
    }

    #cancel(id) {
        this.#cancelled.add(id);
        this.children.get(id)?.terminate();
    }

    /** What an answer to a decision of this execution becomes. */
    #answerTo(id) {
        const { execution } = this;
        return (result) => {
            if (this.end !== null || this.execution !== execution || this.#cancelled.has(id)) return;
            if (result.fired) {
                this.#note(`${id} fired`);
                this.#turn({ tag: "timer-fired", val: id });
            } else if (result.failure !== undefined) {
                this.#note(`${id} failed ${result.failure.kind}: ${result.failure.message}`);
                const failure = { ...result.failure, causes: [...result.failure.causes] };
                this.#turn({ tag: "task-failed", val: { task: id, failure } });
            } else {
                this.#note(`${id} completed ${text(result.output)}`);
                this.#turn({ tag: "task-completed", val: { task: id, output: result.output } });
            }
        };
    }

    #note(line) {
        this.#world.trace.push(this.id === "test" ? line : `${this.id}: ${line}`);
    }
}

/** Decisions without what belongs to their realm. */
function plain(decisions) {
    return JSON.parse(JSON.stringify(decisions, (_, item) => (ArrayBuffer.isView(item) ? text(item) : item)));
}

function text(input) {
    return JSON.stringify(value(input ?? payload(null)));
}
