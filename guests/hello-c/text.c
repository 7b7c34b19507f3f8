// See text.h.

#include "text.h"

#include <stdlib.h>
#include <string.h>

void text_add(Text *text, Slice more) {
    if (text->capacity - text->length < more.length) {
        text->capacity = 2 * (text->length + more.length);
        text->at = realloc(text->at, text->capacity);
        // Nothing can be decided without memory. A trap fails the instance, and says why.
        if (text->at == NULL) abort();
    }
    memcpy(text->at + text->length, more.at, more.length);
    text->length += more.length;
}

static Slice from(Slice slice, size_t start) {
    return (Slice){slice.at + start, slice.length - start};
}

// Leaves out leading bytes that are one of these.
static Slice without(Slice slice, const char *bytes) {
    while (slice.length > 0 && strchr(bytes, slice.at[0]) != NULL) slice = from(slice, 1);
    return slice;
}

static Slice trimmed(Slice value) {
    return without(value, " \t\r\n");
}

bool json_is_null(Slice value) {
    value = trimmed(value);
    return value.length >= 4 && memcmp(value.at, "null", 4) == 0;
}

bool json_next(Slice *items, Slice *string) {
    Slice rest = without(*items, " \t\r\n,");
    if (rest.length == 0 || rest.at[0] != '"') return false;
    size_t end = 1;
    while (rest.at[end] != '"') end += rest.at[end] == '\\' ? 2 : 1;
    *string = (Slice){rest.at, end + 1};
    *items = from(rest, end + 1);
    return true;
}

bool json_string(Slice value, Slice *inner) {
    Slice string;
    if (!json_next(&value, &string)) return false;
    *inner = (Slice){string.at + 1, string.length - 2};
    return true;
}

bool json_strings(Slice value, Slice *items) {
    value = trimmed(value);
    if (value.length == 0 || value.at[0] != '[') return false;
    *items = from(value, 1);
    Slice rest = *items, string;
    while (json_next(&rest, &string)) continue;
    rest = trimmed(rest);
    return rest.length > 0 && rest.at[0] == ']';
}
