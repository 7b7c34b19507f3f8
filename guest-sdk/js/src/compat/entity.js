/** `context.df` of an entity, over an `EntityContext` of the SDK. */

import { entityId } from "../entity-id.js";
import { InvocationContext } from "./invocation.js";
import { EntityId } from "./words.js";

class DurableEntityContext {
    #cx;
    #memory;
    #input;
    /** What the operation gives to who called it. */
    output = undefined;

    constructor(memory, input, cx) {
        this.#memory = memory;
        this.#input = input;
        this.#cx = cx;
        this.entityId = new EntityId(cx.name, cx.key);
    }

    get entityName() {
        return this.#cx.name;
    }

    get entityKey() {
        return this.#cx.key;
    }

    get operationName() {
        return this.#cx.operation;
    }

    get isNewlyConstructed() {
        return !this.#memory.exists;
    }

    /** A copy: only `setState` changes the state. */
    getState(initializer) {
        const { value } = this.#memory;
        if (value === undefined) return initializer?.();
        return JSON.parse(JSON.stringify(value));
    }

    setState(state) {
        this.#memory.value = state;
    }

    getInput() {
        return this.#input ?? undefined;
    }

    return(result) {
        this.output = result;
    }

    destructOnExit() {
        this.#cx.deleteState();
    }

    signalEntity(entity, operation, input) {
        const { name, key } = entityId(entity);
        this.#cx.entity(name, key).signal(operation, input);
    }
}

/** An entity, made of a function of `context`. It decides by the name of the operation, so it knows all of them. */
export function entityOf(handler, functionName) {
    return {
        operations: null,
        version: 0,
        initial: () => undefined,
        revive: (data) => data,
        async operate(memory, _, input, cx) {
            const df = new DurableEntityContext(memory, input, cx);
            await handler(new InvocationContext(functionName, cx.id.toString(), { df }));
            return df.output;
        },
    };
}
