/**
 * Whole numbers as digits of variable length, as source maps have them: five bits each, the lowest of all is the sign.
 */

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The numbers that a text of digits has. */
export function numbersIn(text) {
    const found = [];
    let [value, shift] = [0, 0];
    for (const character of text) {
        const digit = DIGITS.indexOf(character);
        value += (digit & 31) << shift;
        shift += 5;
        if (digit & 32) continue;
        found.push(value & 1 ? -(value >> 1) : value >> 1);
        [value, shift] = [0, 0];
    }
    return found;
}

/** The digits of numbers. */
export function digitsOf(numbers) {
    return numbers.map(digits).join("");
}

function digits(number) {
    let rest = number < 0 ? (-number << 1) | 1 : number << 1;
    let text = "";
    do {
        const digit = rest & 31;
        rest >>= 5;
        text += DIGITS[rest > 0 ? digit | 32 : digit];
    } while (rest > 0);
    return text;
}
