/** The first thing to run: an orchestrator that calls an activity once for each city, one after another. */

import { activity, orchestrator } from "dacapo";

/** Greets one city. */
const sayHello = activity(
  "say_hello",
  { doc: "Greets one city.", retry: { maxAttempts: 3 }, timeout: "30s" },
  (city: string) => `Hello, ${city}!`,
);

/** Greets the cities one after another; without any, Tokyo, Seattle and London. */
export const helloSequence = orchestrator(
  "hello_sequence",
  {
    doc: "Greets the cities one after another; without any, Tokyo, Seattle and London.",
  },
  async (cx, cities: string[] | null) => {
    const greetings: string[] = [];
    for (const city of cities ?? ["Tokyo", "Seattle", "London"]) {
      greetings.push(await sayHello(city));
    }
    return greetings;
  },
);

/** Returns what it gets. */
const echo = activity(
  "echo",
  { doc: "Returns what it gets." },
  (number: number) => number,
);

/** Calls `echo` so many times, one call after another, and returns how many came back. */
export const sequence = orchestrator(
  "sequence",
  {
    doc: "Calls `echo` so many times, one call after another, and returns how many came back.",
  },
  async (cx, times: number) => {
    let count = 0;
    for (let number = 0; number < times; number += 1) {
      await echo(number);
      count += 1;
    }
    return count;
  },
);
