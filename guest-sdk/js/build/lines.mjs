/**
 * The line map that a component carries: for each line of the bundle where it came from, made of esbuild's source map.
 *
 * `src/stack.js` reads it. It is small, because a place is kept only where another line of a source begins, and nothing
 * of names and contents.
 */

import { digitsOf, numbersIn } from "../src/digits.js";

/** Makes the map; `named` gives the name under which a source is shown, or `null`. */
export function lineMapOf({ sources, mappings }, named) {
    const state = { source: 0, line: 0 };
    const lines = mappings.split(";").map((segments) => {
        const places = placesIn(segments, state);
        return digitsOf(places.flatMap(({ column, source, line }) => [column, source, line]));
    });
    return { sources: sources.map(named), lines: lines.join(";") };
}

/** Where in a line of the bundle another line of a source begins. Lines are counted from 1. */
function placesIn(segments, state) {
    const places = [];
    let column = 0;
    for (const segment of segments === "" ? [] : segments.split(",")) {
        const [columnStep, sourceStep, lineStep] = numbersIn(segment);
        column += columnStep;
        if (sourceStep === undefined) continue;
        state.source += sourceStep;
        state.line += lineStep;
        const place = { column, source: state.source, line: state.line + 1 };
        const before = places.at(-1);
        if (before?.source !== place.source || before.line !== place.line) places.push(place);
    }
    return places;
}
