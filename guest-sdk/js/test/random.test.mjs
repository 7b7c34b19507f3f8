/** The generator is that of the contract: its vectors, and the form of what is made of it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { SplitMix64 } from "../src/random.js";

const draws = (seed, count) => {
    const random = new SplitMix64(seed);
    return Array.from({ length: count }, () => random.next()).map(
        ({ high, low }) => (BigInt(high) << 32n) | BigInt(low),
    );
};

test("the stream is that of the contract", () => {
    assert.deepEqual(draws({ high: 0, low: 1234567 }, 5), [
        6457827717110365317n,
        3203168211198807973n,
        9817491932198370423n,
        4593380528125082431n,
        16408922859458223821n,
    ]);
    assert.deepEqual(draws({ high: 0, low: 0 }, 3), [0xe220a8397b1dcdafn, 0x6e789e6aa1b965f4n, 0x06c45d188009454fn]);
});

test("it agrees with the arithmetic of 64 bits for other seeds", () => {
    const mask = (1n << 64n) - 1n;
    let state = 0xfedcba9876543210n;
    const expected = Array.from({ length: 1000 }, () => {
        state = (state + 0x9e3779b97f4a7c15n) & mask;
        let z = ((state ^ (state >> 30n)) * 0xbf58476d1ce4e5b9n) & mask;
        z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask;
        return z ^ (z >> 31n);
    });
    assert.deepEqual(draws({ high: 0xfedcba98, low: 0x76543210 }, 1000), expected);
});

test("numbers and UUIDs have the form of the contract", () => {
    assert.equal(new SplitMix64({ high: 0, low: 0 }).nextNumber(), 0.8833108082136426);
    assert.equal(new SplitMix64({ high: 0, low: 0 }).nextUuid(), "e220a839-7b1d-4daf-ae78-9e6aa1b965f4");
    const bytes = new Uint8Array(11);
    new SplitMix64({ high: 0, low: 0 }).fill(bytes);
    assert.equal(Buffer.from(bytes).toString("hex"), "e220a8397b1dcdaf6e789e");
});
