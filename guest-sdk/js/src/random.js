/**
 * The generator of an execution: SplitMix64 on halves of 32 bits, because a number has 53.
 *
 * Its stream is part of the contract (`wit/README.md` has the vectors): changing it changes recorded decisions.
 */

const hex = (number, digits) => (number >>> 0).toString(16).padStart(digits, "0");

/** The two halves of the product of two numbers of 64 bits, modulo 2^64. */
function multiply(high, low, otherHigh, otherLow) {
    const a = low >>> 16;
    const b = low & 0xffff;
    const c = otherLow >>> 16;
    const d = otherLow & 0xffff;
    const bottom = b * d;
    const middle = a * d + (bottom >>> 16);
    const middleLow = (middle & 0xffff) + b * c;
    const carry = a * c + Math.floor(middle / 0x10000) + Math.floor(middleLow / 0x10000);
    return {
        high: (carry + Math.imul(high, otherLow) + Math.imul(low, otherHigh)) >>> 0,
        low: ((middleLow << 16) | (bottom & 0xffff)) >>> 0,
    };
}

export class SplitMix64 {
    #high;
    #low;

    /** From a seed of two halves. */
    constructor({ high, low }) {
        this.#high = high >>> 0;
        this.#low = low >>> 0;
    }

    /** The next 64 bits, in two halves. */
    next() {
        const low = this.#low + 0x7f4a7c15;
        this.#high = (this.#high + 0x9e3779b9 + (low > 0xffffffff ? 1 : 0)) >>> 0;
        this.#low = low >>> 0;
        let z = { high: this.#high, low: this.#low };
        z = multiply(z.high ^ (z.high >>> 30), z.low ^ ((z.low >>> 30) | (z.high << 2)), 0xbf58476d, 0x1ce4e5b9);
        z = multiply(z.high ^ (z.high >>> 27), z.low ^ ((z.low >>> 27) | (z.high << 5)), 0x94d049bb, 0x133111eb);
        return {
            high: (z.high ^ (z.high >>> 31)) >>> 0,
            low: (z.low ^ ((z.low >>> 31) | (z.high << 1))) >>> 0,
        };
    }

    /** At least 0 and less than 1, from the upper 53 bits of one draw. */
    nextNumber() {
        const { high, low } = this.next();
        return (high * 0x200000 + (low >>> 11)) / 0x20000000000000;
    }

    /** A UUID of version 4 from two draws, the first being the upper half. */
    nextUuid() {
        return uuidOf(this.next(), this.next());
    }

    /** Fills bytes, eight from each draw. */
    fill(bytes) {
        for (let at = 0; at < bytes.length; at += 8) {
            const { high, low } = this.next();
            for (let index = 0; index < 8 && at + index < bytes.length; index += 1) {
                const half = index < 4 ? high : low;
                bytes[at + index] = half >>> (24 - 8 * (index % 4));
            }
        }
    }
}

/** A UUID of version 4 from two halves of 64 bits, the first being the upper one. */
export function uuidOf(upper, lower) {
    const [a, b] = [hex(upper.high, 8), hex((upper.low & 0xffff0fff) | 0x4000, 8)];
    const [c, d] = [hex((lower.high & 0x3fffffff) | 0x80000000, 8), hex(lower.low, 8)];
    return `${a}-${b.slice(0, 4)}-${b.slice(4)}-${c.slice(0, 4)}-${c.slice(4)}${d}`;
}
