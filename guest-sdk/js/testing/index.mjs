/**
 * A test kit: plays the functions of an app under Node, with virtual time and answers of your own.
 *
 *     const app = await load("src/app.ts");
 *     const run = app.start("hello_sequence", ["Oslo"], { answers: { say_hello: (city) => `Hi, ${city}` } });
 *     assert.deepEqual(run.output, ["Hi, Oslo"]);
 *
 * The app is bundled as the build tool does it, and runs in realms of its own: what is tested is what a component runs.
 * Time jumps to whatever happens next, so a test of a year takes milliseconds. At the end each execution is replayed,
 * in one call and turn by turn, and a decision that differs is an error: every test is also one of determinism.
 */

import { bundle } from "../build/bundle.mjs";
import { evaluate } from "../build/evaluate.mjs";
import { Desk } from "./desk.mjs";
import { World } from "./world.mjs";

/** Bundles an app for tests. `modules` is where esbuild is installed, if not beside this package. */
export async function load(entry, { directory = process.cwd(), modules } = {}) {
    return new App(await bundle({ entry, directory, modules }));
}

class App {
    #bundle;

    constructor(bundled) {
        this.#bundle = bundled;
        // What is wrong with it is said at once.
        this.functions = evaluate(bundled).functions.describe();
    }

    /**
     * Plays an orchestration to its end.
     *
     * @param {string | { functionName: string }} name which one
     * @param {unknown} [input] what it is given
     * @param {object} [options] `answers`: functions that stand for activities and children, by name; those without one
     *   run for real. `takes`: how long they take, by name. `events`: `{ after, name, value }`, with `after` from the
     *   start. `entities`: states by `@name@key`. `seed`, `version`, `parent`, `tags`.
     */
    start(name, input, options = {}) {
        const world = new World(() => evaluate(this.#bundle, new Desk().imports), options);
        return world.play(typeof name === "string" ? name : name.functionName, input);
    }

    /** A desk: the hub as triggers and activities see it. It notes what it is asked for. */
    desk(options) {
        const desk = new Desk(options);
        desk.component = evaluate(this.#bundle, desk.imports);
        return desk;
    }

    /** A realm of the app, to be driven by the contract. */
    realm(imports = new Desk().imports) {
        return evaluate(this.#bundle, imports);
    }
}
