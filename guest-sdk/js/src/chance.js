/** `Math.random` and `crypto`, from the generator of the function that runs. */

import { worldNow } from "./world.js";

/** The most that `getRandomValues` gives at once, as in browsers. */
const RANDOM_MAX_BYTES = 65_536;

export function random() {
    return worldNow().random.nextNumber();
}

export const crypto = {
    randomUUID: () => worldNow().random.nextUuid(),
    getRandomValues(array) {
        if (!ArrayBuffer.isView(array) || array instanceof Float32Array || array instanceof Float64Array) {
            throw new TypeError("getRandomValues takes an array of whole numbers");
        }
        if (array.byteLength > RANDOM_MAX_BYTES) throw new RangeError(`at most ${RANDOM_MAX_BYTES} bytes at once`);
        worldNow().random.fill(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
        return array;
    },
};
