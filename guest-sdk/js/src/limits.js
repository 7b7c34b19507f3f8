/** What the host takes at most, where the SDK must cut or refuse before it does. */

/** The longest message or details of a failure. */
const FAILURE_TEXT_MAX_BYTES = 16 * 1024;

/** No more characters of a text are looked at than this: text is slow to read in an interpreter, and fuel is counted. */
export const TEXT_MAX_LENGTH = FAILURE_TEXT_MAX_BYTES;

/** How many entities one lock may have. */
export const LOCK_ENTITIES_MAX_COUNT = 100;

/** What is said at the end of a text that was cut. */
const CUT = "\n… cut";

/** The text, cut if it is too long for a failure; then it says so. */
export function fitting(text) {
    const string = String(text).slice(0, TEXT_MAX_LENGTH + 1);
    if (string.length * 3 <= FAILURE_TEXT_MAX_BYTES || bytesOf(string) <= FAILURE_TEXT_MAX_BYTES) return string;
    const room = FAILURE_TEXT_MAX_BYTES - bytesOf(CUT);
    let end = Math.min(string.length, room);
    while (bytesOf(string.slice(0, end)) > room) end = Math.floor(end * 0.75);
    return string.slice(0, end) + CUT;
}

/** How many bytes a text has as UTF-8. */
function bytesOf(text) {
    let bytes = 0;
    for (const character of text) {
        const code = character.codePointAt(0);
        bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    }
    return bytes;
}
