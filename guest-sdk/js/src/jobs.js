/**
 * The queue of jobs: the order in which code runs.
 *
 * A job belongs to a moment of history: the one at which what it waits for was settled. Older moments go first, so
 * results that arrived while the code awaited something else are seen in the order of history by whoever looks at them
 * later (`Promise.race` above all). Among jobs of one moment it is first in, first out, as in every JavaScript.
 *
 * Invariant: which job is next depends on what was settled and in which order, and on nothing else.
 */

/** Jobs that wait, and where in history they are. */
class Jobs {
    /** The moment of what happened last: the first turn is 0, the first event 1. */
    moment = 0;
    /** The moment of the job that runs. */
    label = 0;
    #ready = [];
    #head = 0;
    /** Jobs of moments before this one, oldest first. */
    #older = [];

    /** `reaction.settled(isRejected, value)` shall run. */
    push(moment, reaction, isRejected, value) {
        const job = { moment, reaction, isRejected, value };
        if (moment >= this.moment) {
            this.#ready.push(job);
            return;
        }
        let index = this.#older.length;
        while (index > 0 && this.#older[index - 1].moment > moment) index -= 1;
        this.#older.splice(index, 0, job);
    }

    /** Runs jobs until none is left, or until one of them says that it was the last. */
    drain(isOver = () => false) {
        while (!isOver()) {
            const job = this.#older.length > 0 ? this.#older.shift() : this.#ready[this.#head++];
            if (job === undefined) break;
            this.label = job.moment;
            job.reaction.settled(job.isRejected, job.value);
        }
        this.#ready = [];
        this.#head = 0;
        this.#older = [];
        this.label = this.moment;
    }

    /** Something happens. */
    next() {
        this.moment += 1;
        this.label = this.moment;
    }

    reset() {
        this.moment = 0;
        this.label = 0;
        this.#ready = [];
        this.#head = 0;
        this.#older = [];
    }
}

export const jobs = new Jobs();
