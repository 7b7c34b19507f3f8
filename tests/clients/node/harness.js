// Runs a table of cases against a client and prints one line for each.
//
// It knows nothing of Durable Functions. A case is a name and a function that returns what came out and what is
// expected.
"use strict";

const { isDeepStrictEqual } = require("node:util");

/** How long a case may wait for the host, in milliseconds. */
const PATIENCE = 60000;

/** Stands in an expectation for any text that matches. */
class Like {
    constructor(pattern) {
        this.pattern = pattern;
    }

    toJSON() {
        return `Like(${this.pattern})`;
    }
}

/** What a promise rejected with, by its text. */
class Raised {
    constructor(text) {
        this.text = text;
    }

    toJSON() {
        return { raised: this.text };
    }
}

/** What a promise gives, or what it rejects with. */
async function outcome(promise) {
    try {
        return await promise;
    } catch (error) {
        return new Raised(error.message);
    }
}

/** An object that remembers which of its methods were used. */
function watched(inner) {
    const used = new Set();
    const client = new Proxy(inner, {
        get(target, name) {
            used.add(name);
            // Bound to the object itself, so that what its methods use of each other does not count.
            return Object.hasOwn(target, name) ? target[name] : target[name].bind(target);
        },
    });
    return { client, used };
}

/** Runs the cases one after another; gives how many failed. */
async function run(cases, client) {
    let failed = 0;
    for (const [name, act] of cases) {
        const [got, expected] = await within(act(client)).catch((error) => [error.stack, "no exception"]);
        if (matches(got, expected)) {
            console.log(`ok ${name}`);
        } else {
            console.log(`FAIL ${name}: expected ${JSON.stringify(expected)} got ${JSON.stringify(got)}`);
            failed += 1;
        }
    }
    console.log(`${cases.length - failed} passed, ${failed} failed`);
    return failed;
}

function within(promise) {
    let timer;
    const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`nothing within ${PATIENCE} ms`)), PATIENCE);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function matches(got, expected) {
    if (expected instanceof Like) {
        return typeof got === "string" && expected.pattern.test(got);
    }
    if (expected instanceof Raised) {
        return got instanceof Raised && matches(got.text, expected.text);
    }
    if (Array.isArray(expected) && Array.isArray(got)) {
        return got.length === expected.length && expected.every((part, index) => matches(got[index], part));
    }
    return isDeepStrictEqual(got, expected);
}

module.exports = { Like, Raised, outcome, run, watched };
