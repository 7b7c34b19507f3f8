/**
 * The state of one execution: what was decided, what has arrived, what it knows about time and chance.
 *
 * It knows events and decisions in the form of the contract. Who runs code and when is `session`'s concern, what
 * authors call is `context`'s.
 *
 * Invariant: the state after an event depends on the events before it and on nothing else, in particular not on how
 * they were distributed over calls.
 */

import { fromContract, misuse } from "./failure.js";
import { jobs } from "./jobs.js";
import { Mailbox } from "./mailbox.js";
import { decode } from "./payload.js";
import { SplitMix64 } from "./random.js";
import { Sections } from "./sections.js";
import { placeOfCaller } from "./stack.js";

export class Machine {
    constructor({ name, instance, execution, version, parent, tags, now, seed, replaying }) {
        this.origin = { name, instance, execution, version, parent, tags };
        this.began = now;
        this.now = now;
        this.isReplaying = replaying;
        this.random = new SplitMix64(seed);
        this.sections = new Sections();
        /** The custom status, if it was changed since the last step. */
        this.customStatus = null;
        this.logs = [];
        /** Set once the execution shall end and begin anew: `{ input, keepsEvents }`. */
        this.next = null;
        /** How many decisions have left in earlier steps. */
        this.issued = 0;
        this.decisions = [];
        /** Of those of `decisions` that were taken while replaying: they are the first ones. */
        this.sources = [];
        /** Tasks and timers that were not answered, by their ids. */
        this.open = new Map();
        this.mailbox = new Mailbox();
    }

    /** Decides something that an event will answer, and gives that to the task. */
    ask(decision, task) {
        const id = this.decide(decision);
        this.open.set(id, task);
        return id;
    }

    /** Decides something that nothing answers. */
    decide(decision) {
        const id = this.issued + this.decisions.length;
        this.decisions.push(decision);
        if (this.isReplaying) this.sources.push(placeOfCaller(this.decide) ?? "?");
        return id;
    }

    /** Nobody wants this task or timer, and it shall stop unless it was answered. */
    cancel(id) {
        if (this.open.delete(id)) this.decide({ tag: "cancel", val: id });
    }

    /** Notes what happened, and settles what waits for it. An answer that nobody waits for any more is dropped. */
    deliver(event) {
        jobs.next();
        if (event.tag === "event-raised") {
            this.mailbox.raise(jobs.moment, event.val);
            return;
        }
        const id = event.tag === "timer-fired" ? event.val : event.val.task;
        const task = this.open.get(id);
        this.sections.answered(id);
        if (task === undefined) return;
        this.open.delete(id);
        if (event.tag === "task-failed") task.failed(fromContract(event.val.failure));
        else task.completed(event.tag === "timer-fired" ? undefined : event.val.output);
    }

    /** Begins to wait for an external event. */
    wait(name) {
        return this.mailbox.wait(name, (wait, input, moment) => {
            try {
                wait.fulfil(decode(input), moment);
            } catch (error) {
                wait.fail(misuse("invalid-event", `event ${name}: ${error.message}`), moment);
            }
        });
    }

    /** Whether an event can still wake the execution. */
    isWaiting() {
        return this.open.size > 0 || this.mailbox.wanted().length > 0;
    }

    /** Writes a line, unless that was done when this turn was played first. */
    log(level, message) {
        if (!this.isReplaying) this.logs.push({ level, message });
    }

    /** What was decided and said since the last step. */
    take() {
        const { decisions, sources, customStatus, logs } = this;
        this.issued += decisions.length;
        Object.assign(this, { decisions: [], sources: [], customStatus: null, logs: [] });
        return { decisions, sources, customStatus, logs };
    }
}
