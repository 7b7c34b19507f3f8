/** `AbortController` and `AbortSignal`, for libraries that take one. */

/** What a controller may do to its signal. */
let abortSignal;

export class AbortSignal {
    #listeners = [];
    #reason = undefined;
    #isAborted = false;

    get aborted() {
        return this.#isAborted;
    }

    get reason() {
        return this.#reason;
    }

    onabort = null;

    addEventListener(type, listener, { once = false } = {}) {
        if (type === "abort") this.#listeners.push({ listener, once });
    }

    removeEventListener(_type, listener) {
        this.#listeners = this.#listeners.filter((known) => known.listener !== listener);
    }

    throwIfAborted() {
        if (this.#isAborted) throw this.#reason;
    }

    static abort(reason) {
        const controller = new AbortController();
        controller.abort(reason);
        return controller.signal;
    }

    static {
        abortSignal = (signal, reason) => {
            if (signal.#isAborted) return;
            signal.#isAborted = true;
            signal.#reason = reason;
            const event = { type: "abort", target: signal };
            signal.onabort?.(event);
            for (const { listener, once } of [...signal.#listeners]) {
                if (once) signal.removeEventListener("abort", listener);
                if (typeof listener === "function") listener.call(signal, event);
                else listener.handleEvent(event);
            }
        };
    }
}

export class AbortController {
    signal = new AbortSignal();

    abort(reason = abortError()) {
        abortSignal(this.signal, reason);
    }
}

function abortError() {
    const error = new Error("the operation was aborted");
    error.name = "AbortError";
    return error;
}
