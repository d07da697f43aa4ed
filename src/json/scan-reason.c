#include "json/scan-part.h"

/* clang-format off */
static const struct { enum error_code code; const char *text; } reasons[WHY__COUNT] = {
    [WHY_EMPTY]        = { ERROR_SYNTAX, "the text is empty, a JSON value is expected" },
    [WHY_BOM]          = { ERROR_SYNTAX, "a byte-order mark is not allowed, the text must start with a value" },
    [WHY_LENGTH]       = { ERROR_LIMIT,  "the text is longer than the scanner's limit" },
    [WHY_NOMEM]        = { ERROR_NOMEM,  "out of memory" },
    [WHY_NODES]        = { ERROR_LIMIT,  "more names and values than the limit" },
    [WHY_DEPTH]        = { ERROR_LIMIT,  "arrays and objects are nested deeper than the limit" },
    [WHY_END_VALUE]    = { ERROR_SYNTAX, "the text ends where a value is expected" },
    [WHY_END_NAME]     = { ERROR_SYNTAX, "the text ends where a member's name is expected" },
    [WHY_END_COLON]    = { ERROR_SYNTAX, "the text ends where ':' is expected" },
    [WHY_END_ARRAY]    = { ERROR_SYNTAX, "the text ends inside an array, ',' or ']' is expected" },
    [WHY_END_OBJECT]   = { ERROR_SYNTAX, "the text ends inside an object, ',' or '}' is expected" },
    [WHY_END_STRING]   = { ERROR_SYNTAX, "the text ends inside a string, '\"' is expected" },
    [WHY_VALUE]        = { ERROR_SYNTAX, "a value is expected: a string, number, object, array, true, false or null" },
    [WHY_NAME]         = { ERROR_SYNTAX, "a member's name in double quotes is expected" },
    [WHY_COLON]        = { ERROR_SYNTAX, "':' is expected after a member's name" },
    [WHY_COMMA_ARRAY]  = { ERROR_SYNTAX, "',' or ']' is expected after an array's element" },
    [WHY_COMMA_OBJECT] = { ERROR_SYNTAX, "',' or '}' is expected after a member's value" },
    [WHY_TRAILING]     = { ERROR_SYNTAX, "nothing but white space may follow the value" },
    [WHY_LITERAL]      = { ERROR_SYNTAX, "an unknown word, only true, false and null are allowed" },
    [WHY_ZERO]         = { ERROR_SYNTAX, "a number has a leading zero, no digit may follow it" },
    [WHY_INTEGER]      = { ERROR_SYNTAX, "a number needs a digit after '-'" },
    [WHY_FRACTION]     = { ERROR_SYNTAX, "a number needs a digit after '.'" },
    [WHY_EXPONENT]     = { ERROR_SYNTAX, "a number needs a digit in its exponent" },
    [WHY_CONTROL]      = { ERROR_SYNTAX, "a string has a raw control character, it must be escaped" },
    [WHY_ESCAPE]       = { ERROR_SYNTAX, "an unknown escape, one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u is expected" },
    [WHY_HEX]          = { ERROR_SYNTAX, "\\u needs four hexadecimal digits" },
    [WHY_UTF8]         = { ERROR_SYNTAX, "bytes that are not valid UTF-8" },
};
/* clang-format on */

int json_scan_error(struct slice text, struct scan_stop stop, struct error *err)
{
    if (stop.why == WHY_NOMEM)
        return error_nomem(err);
    size_t line = 1;
    const byte *start = (const byte *)text.ptr;
    for (const byte *p = start; p < stop.p; p++) {
        if (*p == '\n') {
            line++;
            start = p + 1;
        }
    }
    return error_set(err, reasons[stop.why].code, "line %zu, column %zu: %s", line,
                     (size_t)(stop.p - start) + 1, reasons[stop.why].text);
}
