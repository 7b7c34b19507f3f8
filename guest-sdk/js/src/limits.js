/** What the host takes at most, where the SDK must cut or refuse before it does. */

/** The longest message or details of a failure. */
const FAILURE_TEXT_MAX_BYTES = 16 * 1024;

/** How many entities one lock may have. */
export const LOCK_ENTITIES_MAX_COUNT = 100;

/** The text, cut if it is too long for a failure; then it says so. */
export function fitting(text) {
    const string = String(text);
    if (string.length * 3 <= FAILURE_TEXT_MAX_BYTES || length(string) <= FAILURE_TEXT_MAX_BYTES) return string;
    const note = `\n… cut: it has ${string.length} characters`;
    let end = Math.min(string.length, FAILURE_TEXT_MAX_BYTES - note.length - 8);
    while (length(string.slice(0, end)) > FAILURE_TEXT_MAX_BYTES - note.length - 8) end = Math.floor(end * 0.75);
    return string.slice(0, end) + note;
}

/** How many bytes a text has as UTF-8; for those that are not much too long. */
function length(text) {
    if (text.length > FAILURE_TEXT_MAX_BYTES) return text.length;
    let bytes = 0;
    for (const character of text) {
        const code = character.codePointAt(0);
        bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    }
    return bytes;
}
