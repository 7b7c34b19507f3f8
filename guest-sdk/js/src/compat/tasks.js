/**
 * Tasks as Durable Functions has them: made by one call and scheduled by `yield`, with a state that can be looked at.
 *
 * A task takes its decision when it is yielded, alone or as a part of another one, and parts do so in their order. That
 * is the rule of npm's `durable-functions`, and differs from that of `dacapo`, where a call runs when it is made.
 */

import { Failure } from "../failure.js";
import { Promise } from "../promise.js";
import { TaskFailedError } from "./errors.js";

/** Something that an orchestrator can yield. */
export class DFTask {
    #begin;
    #promise = null;
    isCompleted = false;
    isFaulted = false;
    /** What it gave, or the error that it failed with. */
    result = undefined;

    constructor(begin) {
        this.#begin = begin;
    }

    /** Whether it was yielded. */
    get isScheduled() {
        return this.#promise !== null;
    }

    /** Takes the decision, unless it was taken, and gives a promise of the end. */
    schedule() {
        this.#promise ??= this.#begin().then(
            (result) => {
                this.isCompleted = true;
                this.result = result;
                return result;
            },
            (error) => {
                this.isFaulted = true;
                this.result = error instanceof Failure ? new TaskFailedError(error) : error;
                throw this.result;
            },
        );
        return this.#promise;
    }
}

/** A timer, which can be cancelled. */
export class TimerTask extends DFTask {
    isCanceled = false;
    #timer = null;

    constructor(create) {
        super(() => {
            // One that is cancelled before it is yielded never was.
            if (this.isCanceled) return Promise.withResolvers().promise;
            this.#timer = create();
            return this.#timer;
        });
    }

    cancel() {
        if (this.isCompleted) throw new Error("Cannot cancel a completed task.");
        this.isCanceled = true;
        this.#timer?.cancel();
    }
}

/** A call of an activity by the value that `app.activity` returned: retries may be added before it is yielded. */
export class ActivityTask extends DFTask {
    #retrying;

    constructor(begin, retrying) {
        super(begin);
        this.#retrying = retrying;
    }

    withRetry(options) {
        if (this.isScheduled) throw new Error("Invalid use of `.withRetry`: the task has already been yielded.");
        return new DFTask(() => this.#retrying(options));
    }
}

/** `context.df.Task`. */
export const Task = {
    /** All results; ends with the error that is first in history. */
    all(tasks) {
        check("all", tasks);
        return new DFTask(() => Promise.all(tasks.map((task) => task.schedule())));
    },

    /** The task that ends first. */
    any(tasks) {
        check("any", tasks);
        const end = (task) => {
            const self = () => task;
            return task.schedule().then(self, self);
        };
        return new DFTask(() => Promise.race(tasks.map(end)));
    },
};

function check(name, tasks) {
    const isValid = Array.isArray(tasks) && tasks.length > 0 && tasks.every((task) => task instanceof DFTask);
    if (!isValid) throw new Error(`Task.${name} takes an array of at least one task`);
}
