/**
 * The global names of the language that a guest has, in place of the interpreter's own or of none.
 *
 * The build tool imports this before any module of the author. `Promise`, `Date` and chance are replaced because
 * the interpreter's own are not those of the execution; what QuickJS lacks comes from small modules beside this one.
 */

import { AbortController, AbortSignal } from "./abort.js";
import { structuredClone } from "./clone.js";
import { console } from "./console.js";
import { Date, performance } from "./clock.js";
import { crypto, random } from "./chance.js";
import { TextDecoder, TextEncoder } from "./encoding.js";
import { Promise, queueMicrotask } from "./promise.js";
import { runAsync } from "./reactions.js";
import { clearTimer, setInterval, setTimeout } from "./timers.js";
import { URL, URLSearchParams } from "./url.js";
import { Headers, Request, Response } from "./web.js";

/** Whether something is collected must not be seen: it is not the same in a replay. */
class WeakRef {
    #target;

    constructor(target) {
        this.#target = target;
    }

    deref() {
        return this.#target;
    }
}

class FinalizationRegistry {
    register() {}

    unregister() {
        return false;
    }
}

function fetch() {
    throw new TypeError(
        "fetch is not available: an orchestrator sends requests by cx.callHttp, and the host keeps its rules",
    );
}

const globals = {
    AbortController,
    AbortSignal,
    Date,
    FinalizationRegistry,
    Headers,
    Promise,
    Request,
    Response,
    TextDecoder,
    TextEncoder,
    URL,
    URLSearchParams,
    WeakRef,
    clearInterval: clearTimer,
    clearTimeout: clearTimer,
    console,
    crypto,
    fetch,
    performance,
    queueMicrotask,
    setInterval,
    setTimeout,
    structuredClone,
};

for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true, enumerable: false });
}
Math.random = random;
// What the build tool puts in place of esbuild's helper for async functions calls this.
Object.defineProperty(globalThis, "__dacapo_async", { value: runAsync });
