/**
 * The host of a test: instances, activities, timers and entities in virtual time.
 *
 * It owns the order in which things happen: by time, and among things of one time as they were asked for. What an
 * instance decides is the concern of its realm, which is played by the contract.
 */

import { Entities } from "./entities.mjs";
import { Instance } from "./instance.mjs";
import { attempts } from "./retries.mjs";
import { BEGIN_MS, failureOf, milliseconds, payload, value } from "./values.mjs";

/** The instance that a test plays. */
const ROOT = "test";
/** How many things may happen before a test is said to have no end. */
const STEPS_MAX_COUNT = 1_000_000;

export class World {
    now = BEGIN_MS;
    trace = [];
    logs = [];
    #options;
    #realm;
    #makeRealm;
    #agenda = [];
    #made = 0;
    #instances = new Map();

    constructor(makeRealm, options) {
        this.#makeRealm = makeRealm;
        this.#realm = makeRealm();
        this.#options = { answers: {}, takes: {}, events: [], entities: {}, seed: 0, tags: {}, ...options };
        this.entities = new Entities(this, this.#realm, this.#options.entities);
    }

    /** Plays an orchestration of this name until nothing is left to happen to it. */
    play(name, input) {
        const { events, seed, version, parent, tags } = this.#options;
        const root = this.begin({
            name,
            input: payload(input),
            instance: ROOT,
            seed,
            version,
            parent,
            tags: Object.entries(tags),
        });
        for (const { after, name: event, value: given } of events) {
            this.at(BEGIN_MS + milliseconds(after), () => root.raise(event, payload(given)));
        }
        for (let steps = 0; root.end === null; steps += 1) {
            if (steps === STEPS_MAX_COUNT) throw new Error("the test has no end");
            const next = this.#agenda.shift();
            if (next === undefined)
                throw new Error(`the orchestration waits for ${root.wanted.join(", ")}, and nothing comes`);
            this.now = Math.max(this.now, next.at);
            next.happen();
        }
        for (const instance of this.#instances.values()) instance.checkReplays();
        return this.#run(root);
    }

    /** Lets something happen at a time, after what was asked for before. */
    at(time, happen) {
        const later = this.#agenda.findIndex(({ at }) => at > time);
        this.#agenda.splice(later < 0 ? this.#agenda.length : later, 0, { at: time, happen });
    }

    /** Starts an instance. */
    begin({ name, input, instance, seed, version, parent, tags, answered }) {
        this.#made += 1;
        const start = {
            name,
            instance: instance ?? `test:${this.#made}`,
            version: version ?? null,
            parent: parent ?? null,
            tags,
            input,
            seed: seed ?? this.#made,
        };
        const begun = new Instance(this, this.#makeRealm(), start, answered);
        this.#instances.set(start.instance, begun);
        this.at(this.now, () => begun.open());
        return begun;
    }

    find(instance) {
        return this.#instances.get(instance);
    }

    /** Whether a test or the app has a function of this role and name. */
    has(role, name) {
        return this.#realm.functions.describe().some((known) => known.kind === role && same(known.name, name));
    }

    /** Runs an activity with its retries; `answered` is told how it ends. */
    runActivity(instance, task, { name, input, options }, answered) {
        const attempt = (number, tell) => {
            const takes = this.#takes(name);
            const limit = options.timeout ?? Infinity;
            const result = takes > limit ? timedOut(name, limit) : this.#answer(instance, task, number, name, input);
            this.at(this.now + Math.min(takes, limit), () => tell(result));
        };
        attempts({ world: this, task, seed: instance.seed, retry: options.retry, attempt }, answered);
    }

    /** Runs a child with its retries: each attempt is a new instance. */
    runChild(parent, task, { name, input, instance, version, retry }, answered) {
        const answer = lookUp(this.#options.answers, name);
        const attempt = (number, tell) => {
            if (answer !== undefined) {
                const result = answered_(() => answer(value(input)));
                this.at(this.now + this.#takes(name), () => tell(childEnd(name, result)));
                return;
            }
            if (!this.has("orchestrator", name)) throw new Error(`nothing answers for the child ${name}`);
            const id = instance ?? `${parent.id}:${task}:${number}`;
            const { tags } = parent;
            const told = (result) => tell(childEnd(name, result));
            const child = { name, input, instance: id, version, parent: parent.id, tags, answered: told };
            parent.children.set(task, this.begin(child));
        };
        attempts({ world: this, task, seed: parent.seed, retry, attempt }, answered);
    }

    #takes(name) {
        const takes = lookUp(this.#options.takes, name);
        return takes === undefined ? 0 : milliseconds(takes);
    }

    #answer(instance, task, attempt, name, input) {
        const invocation = {
            name,
            instance: instance.id,
            task,
            attempt,
            idempotencyKey: `${instance.id}/${instance.execution}/${task}`,
            deadline: this.now + 3_600_000,
            trace: null,
        };
        const answer = lookUp(this.#options.answers, name);
        if (answer !== undefined) return answered_(() => answer(value(input), invocation));
        if (!this.has("activity", name)) throw new Error(`nothing answers for the activity ${name}`);
        try {
            return { output: this.#realm.activity.run(invocation, input) };
        } catch (failure) {
            return { failure };
        }
    }

    #run(root) {
        const { entities, logs, trace } = this;
        return {
            ...root.result(),
            elapsed: this.now - BEGIN_MS,
            logs,
            /** What was decided and what happened, one line each. */
            trace,
            /** The state of an entity, or `undefined`. */
            entity: (name, key) => entities.state({ name: name.functionName ?? name, key }),
        };
    }
}

function answered_(work) {
    try {
        return { output: payload(work()) };
    } catch (error) {
        return { failure: failureOf(error) };
    }
}

function lookUp(table, name) {
    const key = Object.keys(table).find((known) => same(known, name));
    return key === undefined ? undefined : table[key];
}

function same(a, b) {
    return a.toLowerCase() === b.toLowerCase();
}

function timedOut(name, limit) {
    const message = `${name} did not answer within ${limit} ms`;
    return { failure: { kind: "dacapo:timeout", message, details: null, retryable: true, causes: [] } };
}

/** The end of a child, as its parent hears of it. */
function childEnd(name, result) {
    if (result.failure === undefined) return result;
    const { kind, message, details, retryable, causes } = result.failure;
    const text = `the child ${name} failed: ${message}`;
    const own = { kind, message, details: details ?? null };
    return {
        failure: { kind: "dacapo:child-failed", message: text, details: null, retryable, causes: [own, ...causes] },
    };
}
