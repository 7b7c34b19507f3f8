/**
 * External events: those that came and were not taken, and those who wait for one.
 *
 * The `n`-th of those who still want an event of a name is served by the `n`-th event of that name. Who waits in a race
 * that is over does not want one any more, and gets one only if somebody awaits it again. An event is taken by a job of
 * the moment at which it came: by then, races that older results decide are over. Names are compared without regard to
 * case.
 */

import { Durable } from "./durable.js";
import { jobs } from "./jobs.js";

/** Waits for an external event. */
export class EventWait extends Durable {
    #leave;
    #look;

    constructor(look, leave) {
        super();
        this.#look = look;
        this.#leave = leave;
    }

    /** Stops waiting. What would have come here comes to the next who waits. */
    cancel() {
        this.#leave();
    }

    /** Somebody awaits it, perhaps again: an event may have been kept meanwhile. */
    awaited() {
        this.#look();
    }
}

export class Mailbox {
    /** By the name in lower case. */
    #queues = new Map();

    /** Begins to wait. */
    wait(name, decoded) {
        const key = name.toLowerCase();
        const queue = this.#queue(key);
        const wait = new EventWait(
            () => this.#look(key),
            () => this.#leave(key, wait),
        );
        queue.waiters.push({ name, wait, decoded });
        this.#look(key);
        return wait;
    }

    /** Keeps an event that came at this moment, and gives it to whom it serves. */
    raise(moment, event) {
        const key = event.name.toLowerCase();
        this.#queue(key).events.push({ moment, event });
        this.#look(key);
    }

    /** The names that somebody waits for in vain, as the first of them wrote it. */
    wanted() {
        const names = [];
        for (const [, { waiters }] of [...this.#queues].sort(([a], [b]) => (a < b ? -1 : 1))) {
            const waiter = waiters.find(({ wait }) => wait.isWanted);
            if (waiter !== undefined) names.push(waiter.name);
        }
        return names;
    }

    /** The events that nobody took, in the order of arrival. */
    untaken() {
        const kept = [...this.#queues.values()].flatMap(({ events }) => events);
        return kept.sort((a, b) => a.moment - b.moment).map(({ event }) => event);
    }

    /** Nobody waits any more: all that comes is kept. */
    close() {
        for (const queue of this.#queues.values()) queue.waiters = [];
    }

    #queue(key) {
        let queue = this.#queues.get(key);
        if (queue === undefined) {
            queue = { events: [], waiters: [] };
            this.#queues.set(key, queue);
        }
        return queue;
    }

    #leave(key, wait) {
        const queue = this.#queue(key);
        queue.waiters = queue.waiters.filter((waiter) => waiter.wait !== wait);
        this.#forgetIfEmpty(key, queue);
    }

    /** Lets a job give the oldest event to whom it serves. */
    #look(key) {
        const { events, waiters } = this.#queue(key);
        if (events.length > 0 && waiters.length > 0) {
            jobs.push(events[0].moment, { settled: () => this.#serve(key) }, false, undefined);
        }
    }

    #serve(key) {
        const queue = this.#queue(key);
        const index = queue.waiters.findIndex(({ wait }) => wait.isWanted);
        if (queue.events.length > 0 && queue.events[0].moment <= jobs.label && index >= 0) {
            const [{ wait, decoded }] = queue.waiters.splice(index, 1);
            const { moment, event } = queue.events.shift();
            decoded(wait, event.input, moment);
            this.#look(key);
        }
        this.#forgetIfEmpty(key, queue);
    }

    #forgetIfEmpty(key, { events, waiters }) {
        if (events.length === 0 && waiters.length === 0) this.#queues.delete(key);
    }
}
