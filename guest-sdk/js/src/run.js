/**
 * Runs a function that is not replayed event by event: an operation, an activity, a trigger. It is over when it
 * returns.
 */

import { madeAt, outcome } from "./durable.js";
import { misuse } from "./failure.js";
import { jobs } from "./jobs.js";
import { Promise, resetJobs, roots, takeUnhandled } from "./promise.js";
import { placeOf } from "./stack.js";
import { worldNow } from "./world.js";

/**
 * What `work` returns in the end. Its timers are waited for.
 *
 * @throws what `work` throws, or what is rejected in it and nobody handles
 */
export function runToEnd(work) {
    resetJobs();
    const promise = Promise.try(work);
    for (;;) {
        jobs.drain();
        const { status, value, error } = outcome(promise);
        if (status === "rejected") throw error;
        const unhandled = takeUnhandled();
        if (unhandled !== null) throw unhandled.error;
        if (status === "fulfilled") return value;
        const { timers, sleepUntil } = worldNow();
        const timer = timers?.take();
        if (timer === undefined) throw stalled(promise);
        sleepUntil(timer.at);
        timer.work();
    }
}

function stalled(promise) {
    const places = roots(promise).map((root) => placeOf(madeAt(root) ?? {}));
    const known = [...new Set(places.filter((place) => place !== undefined))];
    const where = known.length === 0 ? "" : ` that was made at ${known.join(" and at ")}`;
    return misuse("stalled", `the function awaits a promise${where}, and nothing is left to run that could settle it`);
}
