/**
 * What the language's own clock and chance give: the same in a replay, another one in another execution, and never what was
 * there when the component was built.
 */

import { entity, orchestrator } from "dacapo";

/** What was there when the component was built. */
const BAKED = look();

function look() {
    const date = new Date();
    return {
        chance: {
            number: Math.random(),
            uuid: crypto.randomUUID(),
            bytes: [...crypto.getRandomValues(new Uint8Array(8))],
        },
        time: { now: Date.now(), date: date.getTime(), text: date.toISOString(), since: performance.now() },
        order: Object.keys({ pear: 0, apple: 0, 7: 0, fig: 0 }),
    };
}

orchestrator("chance", async (cx) => {
    const looks = [look()];
    await cx.event("go");
    looks.push(look());
    return { baked: BAKED, looks };
});

entity("chances", {
    initial: () => ({}),
    operations: { look: () => ({ baked: BAKED, looks: [look(), look()] }) },
});
