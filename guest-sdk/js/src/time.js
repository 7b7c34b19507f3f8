/** Times and lengths of time as authors write them: milliseconds, `"30s"`, `"1h30m"`, a `Date`. */

const UNITS_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const TIME_MAX_MS = 8.64e15;

/**
 * A length of time in whole milliseconds, not less than it says.
 *
 * @throws {TypeError} if it is none
 */
export function milliseconds(duration) {
    const length = typeof duration === "string" ? parsed(duration) : duration;
    if (typeof length !== "number" || !(length >= 0 && length <= TIME_MAX_MS)) {
        const shown = typeof duration === "string" ? JSON.stringify(duration) : String(duration);
        throw new TypeError(`${shown} is no length of time; write milliseconds, or a text such as "30s" or "1h30m"`);
    }
    return Math.ceil(length);
}

/**
 * A point in time in milliseconds since 1970: of a `Date`, a number, or a text of ISO 8601.
 *
 * @throws {TypeError} if it is none
 */
export function timestamp(time) {
    const at = typeof time === "number" ? time : time instanceof Date ? time.getTime() : Date.parse(String(time));
    if (!(at >= -TIME_MAX_MS && at <= TIME_MAX_MS)) throw new TypeError(`${String(time)} is no time`);
    return Math.max(0, Math.ceil(at));
}

function parsed(text) {
    const compact = text.replace(/\s+/g, "");
    if (!/^(\d+(\.\d+)?(ms|s|m|h|d|w))+$/.test(compact)) return NaN;
    let sum = 0;
    for (const [, number, , unit] of compact.matchAll(/(\d+(\.\d+)?)(ms|s|m|h|d|w)/g)) sum += number * UNITS_MS[unit];
    return sum;
}
