/**
 * The line map that a component carries: for each line of the bundle where it came from, made of esbuild's source map.
 *
 * `src/stack.js` reads it. It is small, because nothing is kept of columns, names and contents.
 */

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Makes the map; `named` gives the name under which a source is shown, or `null`. */
export function lineMapOf({ sources, mappings }, named) {
    const state = { source: 0, line: 0 };
    let [lastSource, lastLine] = [0, 0];
    const lines = mappings.split(";").map((segments) => {
        const first = firstOf(segments, state);
        if (first === null) return ";";
        const [source, line] = first;
        const text = `${written(source - lastSource)}${written(line - lastLine)};`;
        [lastSource, lastLine] = first;
        return text;
    });
    return { sources: sources.map(named), lines: lines.join("") };
}

/** `file:line` for a line of the bundle, from 1, or `null` if it came from nowhere that has a name. */
export function placeOf({ sources, lines }, line) {
    let [source, original] = [0, 0];
    const found = lines.split(";").slice(0, line).map((text) => {
        const [sourceStep = 0, lineStep = 0] = numbers(text);
        source += sourceStep;
        original += lineStep;
        return text === "" || sources[source] == null ? null : `${sources[source]}:${original}`;
    });
    return found.at(-1) ?? null;
}

/** The source and the line, from 1, of the first segment of a line that has them. All segments are read: they add up. */
function firstOf(segments, state) {
    let first = null;
    for (const segment of segments === "" ? [] : segments.split(",")) {
        const [, source, line] = numbers(segment);
        if (source === undefined) continue;
        state.source += source;
        state.line += line;
        first ??= [state.source, state.line + 1];
    }
    return first;
}

function numbers(segment) {
    const found = [];
    let [value, shift] = [0, 0];
    for (const character of segment) {
        const digit = DIGITS.indexOf(character);
        value += (digit & 31) << shift;
        shift += 5;
        if (digit & 32) continue;
        found.push(value & 1 ? -(value >> 1) : value >> 1);
        [value, shift] = [0, 0];
    }
    return found;
}

function written(number) {
    let rest = number < 0 ? (-number << 1) | 1 : number << 1;
    let text = "";
    do {
        const digit = rest & 31;
        rest >>= 5;
        text += DIGITS[rest > 0 ? digit | 32 : digit];
    } while (rest > 0);
    return text;
}
