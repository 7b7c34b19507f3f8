/** A decision that somebody else takes: an event or, after a reminder, the silence. */

import { activity, orchestrator } from "dacapo";

/** @typedef {{ what: string, cents: number }} Request what somebody wants to spend money on */

/** Tells whoever decides. This example has nobody to tell. */
const notify = activity(
    "notify",
    { retry: { maxAttempts: 5, firstInterval: "1s", coefficient: 2 } },
    (/** @type {string} */ text) => text,
);

/** Asks, waits a day for the event `decision`, reminds, and takes another day of silence for a no. */
export const approval = orchestrator("approval", async (cx, /** @type {Request} */ request) => {
    await notify(`May we buy ${request.what} for ${request.cents} cents?`);
    cx.setStatus("asked");
    const decision = await cx.event("decision", { timeout: "1d" });
    if (decision) return decision;
    await notify(`Nobody has decided about ${request.what} yet.`);
    cx.setStatus("reminded");
    const late = await cx.event("decision", { timeout: "1d" });
    return late ?? { approved: false, by: "nobody" };
});
