/**
 * `context.df` of an orchestrator, over a `Context` of the SDK, and the loop that runs its generator.
 *
 * Names, arguments and the order of decisions are those of npm's `durable-functions`; ids and GUIDs are those of
 * dacapo.
 */

import { entityId } from "../entity-id.js";
import { InvocationContext } from "./invocation.js";
import { DFTask, Task, TimerTask } from "./tasks.js";
import { DurableHttpResponse, EntityId, LockState, policyOf } from "./words.js";

class DurableOrchestrationContext {
    #cx;
    #input;
    #locked = [];
    /** The input of the next execution, if there is to be one. */
    next = null;
    Task = Task;

    constructor(cx, input) {
        this.#cx = cx;
        this.#input = input;
    }

    get instanceId() {
        return this.#cx.instanceId;
    }

    get parentInstanceId() {
        return this.#cx.parent;
    }

    get isReplaying() {
        return this.#cx.isReplaying;
    }

    get currentUtcDateTime() {
        return this.#cx.now;
    }

    get version() {
        return this.#cx.version;
    }

    getInput() {
        return this.#input;
    }

    newGuid() {
        return this.#cx.uuid();
    }

    setCustomStatus(status) {
        this.#cx.setStatus(status);
    }

    continueAsNew(input) {
        this.next = { input };
    }

    callActivity(name, input) {
        return new DFTask(() => this.#cx.callActivity(name, input));
    }

    callActivityWithRetry(name, retryOptions, input) {
        return new DFTask(() => this.#cx.callActivity(name, input, { retry: policyOf(retryOptions) }));
    }

    callSubOrchestrator(name, input, instanceId, version) {
        return new DFTask(() => this.#cx.child(name, input, { id: instanceId, version }));
    }

    callSubOrchestratorWithRetry(name, retryOptions, input, instanceId, version) {
        const options = { id: instanceId, version, retry: policyOf(retryOptions) };
        return new DFTask(() => this.#cx.child(name, input, options));
    }

    createTimer(fireAt) {
        return new TimerTask(() => this.#cx.timer(fireAt));
    }

    waitForExternalEvent(name) {
        return new DFTask(() => this.#cx.event(name));
    }

    callEntity(entity, operation, input) {
        const { name, key } = entityId(entity);
        return new DFTask(() => this.#cx.entity(name, key).call(operation, input));
    }

    signalEntity(entity, operation, input) {
        const { name, key } = entityId(entity);
        this.#cx.entity(name, key).signal(operation, input);
    }

    lock(first, ...rest) {
        const entities = Array.isArray(first) ? first : [first, ...rest];
        return new DFTask(() =>
            this.#cx.lock(entities).then((lock) => {
                this.#locked = entities.map(({ name, key }) => new EntityId(name, key));
                const release = () => {
                    this.#locked = [];
                    lock.release();
                };
                return { release, ownedLocks: this.#locked, [Symbol.dispose ?? Symbol.for("Symbol.dispose")]: release };
            }),
        );
    }

    isLocked() {
        return new LockState(this.#locked.length > 0, [...this.#locked]);
    }

    callHttp({ method, url, body, headers, enablePolling, asynchronousPatternEnabled }) {
        const content = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
        const poll = enablePolling ?? asynchronousPatternEnabled ?? true;
        return new DFTask(() =>
            this.#cx.callHttp({ method, url, content, headers, poll }).then((response) => {
                return new DurableHttpResponse(response.status, response.content, response.headers);
            }),
        );
    }
}

/** The body of an orchestrator, made of a generator function of `context`. */
export function orchestrationOf(handler, functionName) {
    return async (cx, input) => {
        const df = new DurableOrchestrationContext(cx, input);
        const context = new InvocationContext(functionName, cx.instanceId, { df });
        const output = await run(handler, context);
        return df.next === null ? output : cx.continueAsNew(df.next.input);
    };
}

async function run(handler, context) {
    const generator = handler(context);
    // One that never yields may be an ordinary function.
    if (typeof generator?.next !== "function") return generator;
    let step = generator.next();
    while (!step.done) {
        step = await resumed(generator, step.value);
    }
    return step.value;
}

/** Waits for a task, and lets the generator go on with its end. */
async function resumed(generator, task) {
    if (!(task instanceof DFTask)) {
        throw new Error(
            `Durable Functions programming constraint violation: Orchestration yielded data of type ${typeof task}. ` +
                "Only tasks can be yielded; signalEntity, setCustomStatus and continueAsNew are no tasks.",
        );
    }
    let result;
    try {
        result = await task.schedule();
    } catch (error) {
        return generator.throw(error);
    }
    return generator.next(result);
}
