/**
 * What the language's own clock, chance and log are while a function runs.
 *
 * Interpreters freeze theirs when they are built. So each role says what they shall be while it plays: for an
 * orchestrator the time of the turn and the generator of the execution, for an activity those of the host. While the
 * component is built there is neither: the clock stands at 0 and the generator begins at 0, so that builds repeat.
 */

import { SplitMix64 } from "./random.js";

const building = {
    now: 0,
    began: 0,
    random: new SplitMix64({ high: 0, low: 0 }),
    log: () => {},
};

let world = building;

/**
 * The world of the function that runs: `now` and `began` in milliseconds since 1970, `random` with `nextNumber`,
 * `nextUuid` and `fill`, `log(level, message)`, and `timers` if there are any.
 */
export function worldNow() {
    return world;
}

/** Lets `work` run in a world. */
export function playing(given, work) {
    const outer = world;
    world = given;
    try {
        return work();
    } finally {
        world = outer;
    }
}
