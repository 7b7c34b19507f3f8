/**
 * The hub as triggers and activities see it, and their clock, chance and streams.
 *
 * It notes what it is asked for, one line each: `signal @counter@a add(1)`, `start checkout({"id":"7"}) as started-1`.
 */

import { FakeHttp, IncomingRequest } from "./messages.mjs";
import { BEGIN_MS, entityText, milliseconds, payload, plainFailure, seedOf, value } from "./values.mjs";
import { SplitMix64 } from "../src/random.js";

export class Desk {
    asked = [];
    lines = [];
    /** The values that activities have reported. */
    reports = [];
    /** Set by `App.desk`. */
    component = null;
    #now = BEGIN_MS;
    #started = 0;
    #states;
    #statuses;

    /** `states` of entities by `@name@key`, `statuses` of instances by their ids, and a `seed`. */
    constructor({ states = {}, statuses = {}, seed = 0 } = {}) {
        this.#states = states;
        this.#statuses = statuses;
        const random = new SplitMix64(seedOf(seed));
        this.imports = {
            client: this.#client(),
            progress: { report: (detail) => (this.reports.push(value(detail)), "go-on") },
            http: FakeHttp,
            wallClock: {
                now: () => ({ seconds: Math.floor(this.#now / 1000), nanoseconds: (this.#now % 1000) * 1e6 }),
            },
            monotonicClock: { subscribeDuration: (pause) => ({ block: () => (this.#now += pause / 1e6) }) },
            random: { getRandomBytes: (count) => filled(random, count) },
            stdout: { getStdout: () => this.#stream("out") },
            stderr: { getStderr: () => this.#stream("err") },
        };
    }

    /** Sends a request to the HTTP triggers. The answer has `status`, `headers`, `text` and `json()`. */
    request(method, path, { headers = {}, body } = {}) {
        const out = {};
        this.component.incomingHandler.handle(new IncomingRequest({ method, path, headers, body }), out);
        return out.response.answer();
    }

    /** Runs a timer trigger. */
    tick(name, { scheduled = this.#now, missed = 0 } = {}) {
        this.#guarded(() => this.component.timerTrigger.fire(name, { scheduled, now: this.#now, missed }));
    }

    /** Gives a message to a stream trigger: `json`, or `data` as text or bytes. */
    message(name, { subject = "test", json, data, headers = [], sequence = 1, delivery = 1 } = {}) {
        const bytes = json === undefined ? new Uint8Array(Buffer.from(data ?? "")) : payload(json);
        const message = { subject, sequence, time: this.#now, delivery, headers, data: bytes };
        this.#guarded(() => this.component.streamTrigger.receive(name, message));
    }

    /** Runs one attempt of an activity. */
    activity(name, input, { attempt = 1, timeout = "1h" } = {}) {
        const invocation = {
            name,
            instance: "test",
            task: 0,
            attempt,
            idempotencyKey: "test/1/0",
            deadline: this.#now + milliseconds(timeout),
            trace: null,
        };
        return value(this.#guarded(() => this.component.activity.run(invocation, payload(input))));
    }

    /** A failure of the contract becomes an error that a test can look at. */
    #guarded(work) {
        try {
            return work();
        } catch (failure) {
            if (failure?.kind === undefined) throw failure;
            const { message, ...rest } = plainFailure(failure);
            throw Object.assign(new Error(`${failure.kind}: ${message}`), rest);
        }
    }

    #client() {
        const urls = (id) => `http://test/instances/${id}`;
        const note = (line) => void this.asked.push(line);
        return {
            start: (name, input, { instance }) => {
                const id = instance ?? `started-${(this.#started += 1)}`;
                note(`start ${name}(${shown(input)}) as ${id}`);
                return id;
            },
            signal: (entity, operation, input) => note(`signal ${entityText(entity)} ${operation}(${shown(input)})`),
            raise: (instance, name, input) => note(`raise ${name}(${shown(input)}) to ${instance}`),
            status: (instance) => this.#statuses[instance] ?? null,
            query: () => ({ instances: Object.values(this.#statuses), next: null }),
            terminate: (instance, reason) => note(`terminate ${instance}: ${reason}`),
            suspend: (instance, reason) => note(`suspend ${instance}: ${reason}`),
            resume: (instance, reason) => note(`resume ${instance}: ${reason}`),
            purge: (instance) => note(`purge ${instance}`),
            readEntity: (entity) => {
                const data = this.#states[entityText(entity)];
                return data === undefined ? null : { data: payload(data), version: 0, lastOperation: this.#now };
            },
            urls: (id) => ({
                statusQueryGet: urls(id),
                sendEventPost: `${urls(id)}/raiseEvent/{eventName}`,
                terminatePost: `${urls(id)}/terminate?reason={text}`,
                rewindPost: `${urls(id)}/rewind?reason={text}`,
                purgeHistoryDelete: urls(id),
                restartPost: `${urls(id)}/restart`,
                suspendPost: `${urls(id)}/suspend?reason={text}`,
                resumePost: `${urls(id)}/resume?reason={text}`,
            }),
        };
    }

    #stream(name) {
        return {
            blockingWriteAndFlush: (bytes) =>
                void this.lines.push(`${name}: ${Buffer.from(bytes).toString("utf8").trimEnd()}`),
        };
    }
}

function filled(random, count) {
    const bytes = new Uint8Array(count);
    random.fill(bytes);
    return bytes;
}

function shown(input) {
    return JSON.stringify(value(input));
}
