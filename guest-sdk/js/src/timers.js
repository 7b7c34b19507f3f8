/**
 * `setTimeout` and `setInterval`: in activities and triggers, which may wait. What is replayed has durable timers
 * instead.
 *
 * It owns the order of the timers of one call. How a call waits is the concern of its world.
 */

import { worldNow } from "./world.js";

/** The timers of one call. */
export class Timers {
    #waiting = [];
    #made = 0;

    add(work, pause, interval) {
        this.#made += 1;
        this.#insert({ id: this.#made, at: worldNow().now + pause, work, interval });
        return this.#made;
    }

    remove(id) {
        this.#waiting = this.#waiting.filter((timer) => timer.id !== id);
    }

    /** The next one that is due, taken off, or `undefined`. */
    take() {
        const timer = this.#waiting.shift();
        if (timer?.interval != null) this.#insert({ ...timer, at: timer.at + timer.interval });
        return timer;
    }

    #insert(timer) {
        const later = this.#waiting.findIndex(({ at }) => at > timer.at);
        this.#waiting.splice(later < 0 ? this.#waiting.length : later, 0, timer);
    }
}

export function setTimeout(work, pause = 0, ...args) {
    return timers("setTimeout").add(() => work(...args), Math.max(0, Number(pause) || 0), null);
}

export function setInterval(work, pause = 0, ...args) {
    const interval = Math.max(1, Number(pause) || 0);
    return timers("setInterval").add(() => work(...args), interval, interval);
}

/** `clearTimeout` and `clearInterval`. */
export function clearTimer(id) {
    worldNow().timers?.remove(id);
}

function timers(name) {
    const { timers: known } = worldNow();
    if (known === undefined) {
        throw new TypeError(`${name} is not durable: an orchestrator waits by cx.sleep, and an entity does not wait`);
    }
    return known;
}
