/** A decision that somebody else takes: an event or, after a reminder, the silence. */

import { activity, orchestrator } from "dacapo";

/** What somebody wants to spend money on. */
interface Request {
    what: string;
    cents: number;
}

/** What was decided, and by whom. */
interface Decision {
    approved: boolean;
    by: string;
}

/** Tells whoever decides. This example has nobody to tell. */
const notify = activity(
    "notify",
    { retry: { maxAttempts: 5, firstInterval: "1s", coefficient: 2 } },
    (text: string) => text,
);

/** Asks, waits a day for the event `decision`, reminds, and takes another day of silence for a no. */
export const approval = orchestrator("approval", async (cx, request: Request): Promise<Decision> => {
    await notify(`May we buy ${request.what} for ${request.cents} cents?`);
    cx.setStatus("asked");
    const decision = await cx.event<Decision>("decision", { timeout: "1d" });
    if (decision) return decision;
    await notify(`Nobody has decided about ${request.what} yet.`);
    cx.setStatus("reminded");
    const late = await cx.event<Decision>("decision", { timeout: "1d" });
    return late ?? { approved: false, by: "nobody" };
});
