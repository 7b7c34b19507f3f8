/** `Date` and `performance`, whose now is that of the function that runs. */

import { worldNow } from "./world.js";

const NativeDate = globalThis.Date;

function DacapoDate(...args) {
    if (new.target === undefined) return new NativeDate(worldNow().now).toString();
    return Reflect.construct(NativeDate, args.length === 0 ? [worldNow().now] : args, new.target);
}

Object.defineProperties(DacapoDate, {
    name: { value: "Date" },
    length: { value: 7 },
    prototype: { value: NativeDate.prototype, writable: false },
    now: { value: () => worldNow().now, writable: true, configurable: true },
    parse: { value: NativeDate.parse, writable: true, configurable: true },
    UTC: { value: NativeDate.UTC, writable: true, configurable: true },
});
Object.defineProperty(NativeDate.prototype, "constructor", { value: DacapoDate, writable: true, configurable: true });

export const performance = {
    /** Milliseconds since the execution, or the call, began. */
    now: () => worldNow().now - worldNow().began,
    get timeOrigin() {
        return worldNow().began;
    },
};

export { DacapoDate as Date };
