// Text that grows, and as much of JSON as this program needs.
//
// A payload is JSON text, and a string in it stays what it is: text in quotes, escapes and all. So nothing has to be decoded
// and encoded again. The host has checked every payload, so what is looked at here is well-formed.

#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Somebody else's bytes.
typedef struct {
    const uint8_t *at;
    size_t length;
} Slice;

// Bytes on the heap, which grow at their end. Empty is all zeros.
typedef struct {
    uint8_t *at;
    size_t length;
    size_t capacity;
} Text;

// Adds bytes at the end.
void text_add(Text *text, Slice more);

// The bytes of a literal, without the zero at its end.
#define SLICE(literal) ((Slice){(const uint8_t *)(literal), sizeof(literal) - 1})

// Whether the value is `null`.
bool json_is_null(Slice value);

// Whether the value is a string; then `inner` is what is between its quotes.
bool json_string(Slice value, Slice *inner);

// Whether the value is a list of nothing but strings; then `items` is what `json_next` takes them from.
bool json_strings(Slice value, Slice *items);

// Takes the next string, with its quotes, if there is one.
bool json_next(Slice *items, Slice *string);

#endif
