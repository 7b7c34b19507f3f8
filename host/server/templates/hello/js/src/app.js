/** An orchestration that calls an activity once for each city, one call after another. */

import { activity, orchestrator } from "dacapo";

/** Greets one city. An activity touches the world, and the host runs it at least once. */
const sayHello = activity(
    "say_hello",
    { retry: { maxAttempts: 3, firstInterval: "1s" }, timeout: "30s" },
    (/** @type {string} */ city) => `Hello, ${city}!`,
);

/** Greets the cities one after another. What has been greeted is not greeted again, whatever crashes meanwhile. */
export const helloSequence = orchestrator("hello_sequence", async (cx, /** @type {string[]} */ cities) => {
    const greetings = [];
    for (const city of cities) {
        greetings.push(await sayHello(city));
    }
    return greetings;
});
