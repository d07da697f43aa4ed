#include "cli/yaml-scalar.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"

#define TAG_PREFIX "tag:yaml.org,2002:"
#define NUMBER_TEXT_MAX ((size_t)1 << 20) /* bytes of one number; longer ones are text */
#define FLOAT_DIGITS_MAX 9                /* decimal digits that tell all floats apart */
#define FLOAT_PLAIN_EXPONENT 6            /* Go's %g writes exponents from here on */

/* clang-format off */
static const struct {
    struct slice text;
    enum scalar_kind kind;
} words[] = {
    { SLICE_INIT(""),      SCALAR_NULL },     { SLICE_INIT("~"),     SCALAR_NULL },
    { SLICE_INIT("null"),  SCALAR_NULL },     { SLICE_INIT("Null"),  SCALAR_NULL },
    { SLICE_INIT("NULL"),  SCALAR_NULL },
    { SLICE_INIT("y"),     SCALAR_TRUE },     { SLICE_INIT("Y"),     SCALAR_TRUE },
    { SLICE_INIT("yes"),   SCALAR_TRUE },     { SLICE_INIT("Yes"),   SCALAR_TRUE },
    { SLICE_INIT("YES"),   SCALAR_TRUE },     { SLICE_INIT("true"),  SCALAR_TRUE },
    { SLICE_INIT("True"),  SCALAR_TRUE },     { SLICE_INIT("TRUE"),  SCALAR_TRUE },
    { SLICE_INIT("on"),    SCALAR_TRUE },     { SLICE_INIT("On"),    SCALAR_TRUE },
    { SLICE_INIT("ON"),    SCALAR_TRUE },
    { SLICE_INIT("n"),     SCALAR_FALSE },    { SLICE_INIT("N"),     SCALAR_FALSE },
    { SLICE_INIT("no"),    SCALAR_FALSE },    { SLICE_INIT("No"),    SCALAR_FALSE },
    { SLICE_INIT("NO"),    SCALAR_FALSE },    { SLICE_INIT("false"), SCALAR_FALSE },
    { SLICE_INIT("False"), SCALAR_FALSE },    { SLICE_INIT("FALSE"), SCALAR_FALSE },
    { SLICE_INIT("off"),   SCALAR_FALSE },    { SLICE_INIT("Off"),   SCALAR_FALSE },
    { SLICE_INIT("OFF"),   SCALAR_FALSE },
    { SLICE_INIT(".nan"),  SCALAR_INFINITE }, { SLICE_INIT(".NaN"),  SCALAR_INFINITE },
    { SLICE_INIT(".NAN"),  SCALAR_INFINITE },
    { SLICE_INIT(".inf"),  SCALAR_INFINITE }, { SLICE_INIT(".Inf"),  SCALAR_INFINITE },
    { SLICE_INIT(".INF"),  SCALAR_INFINITE }, { SLICE_INIT("+.inf"), SCALAR_INFINITE },
    { SLICE_INIT("+.Inf"), SCALAR_INFINITE }, { SLICE_INIT("+.INF"), SCALAR_INFINITE },
    { SLICE_INIT("-.inf"), SCALAR_INFINITE }, { SLICE_INIT("-.Inf"), SCALAR_INFINITE },
    { SLICE_INIT("-.INF"), SCALAR_INFINITE },
};

static const char *const kind_names[] = {
    [SCALAR_STRING] = "text",      [SCALAR_NULL] = "null",     [SCALAR_FALSE] = "a boolean",
    [SCALAR_TRUE]   = "a boolean", [SCALAR_INT] = "a number",  [SCALAR_FLOAT] = "a number",
    [SCALAR_INFINITE] = "a number",
};

/* The tags that ask for a type; bit n is set for each kind that fits. */
static const struct tag {
    struct slice name;
    unsigned kinds;
} tags[] = {
    { SLICE_INIT("null"),  1u << SCALAR_NULL },
    { SLICE_INIT("bool"),  1u << SCALAR_FALSE | 1u << SCALAR_TRUE },
    { SLICE_INIT("int"),   1u << SCALAR_INT },
    { SLICE_INIT("float"), 1u << SCALAR_INT | 1u << SCALAR_FLOAT | 1u << SCALAR_INFINITE },
};
/* clang-format on */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Moves *at over digits; true when there was one. */
static bool skip_digits(struct slice s, size_t *at)
{
    size_t start = *at;
    while (*at < s.len && is_digit(s.ptr[*at]))
        (*at)++;
    return *at > start;
}

/* Moves *at over an exponent, if there is one; false when it has no digits. */
static bool skip_exponent(struct slice s, size_t *at)
{
    if (*at == s.len || (s.ptr[*at] | 0x20) != 'e')
        return true;
    (*at)++;
    if (*at < s.len && (s.ptr[*at] == '+' || s.ptr[*at] == '-'))
        (*at)++;
    return skip_digits(s, at);
}

/* RFC 8259 section 6. */
static bool is_json_number(struct slice s, bool *ret_is_int)
{
    size_t at = s.len > 0 && s.ptr[0] == '-' ? 1 : 0;
    size_t first = at;
    if (!skip_digits(s, &at) || (s.ptr[first] == '0' && at - first > 1))
        return false;
    *ret_is_int = at == s.len;
    if (at < s.len && s.ptr[at] == '.') {
        at++;
        if (!skip_digits(s, &at))
            return false;
    }
    return skip_exponent(s, &at) && at == s.len;
}

/* Optional sign, digits around at most one dot (".5", "5.", "05"), optional exponent. */
static bool is_decimal(struct slice s)
{
    size_t at = s.len > 0 && (s.ptr[0] == '-' || s.ptr[0] == '+') ? 1 : 0;
    bool before = skip_digits(s, &at);
    bool after = false;
    if (at < s.len && s.ptr[at] == '.') {
        at++;
        after = skip_digits(s, &at);
    }
    return (before || after) && skip_exponent(s, &at) && at == s.len;
}

/* The base that the first bytes announce; *digits moves behind the prefix. */
static unsigned cut_base(struct slice *digits)
{
    if (digits->len < 2 || digits->ptr[0] != '0')
        return 10;
    char mark = (char)(digits->ptr[1] | 0x20);
    unsigned base = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 0;
    *digits = slice_after(*digits, base ? 2 : 1);
    return base ? base : 8;
}

static unsigned digit_value(char c)
{
    if (is_digit(c))
        return (unsigned)(c - '0');
    char low = (char)(c | 0x20);
    return low >= 'a' && low <= 'f' ? (unsigned)(low - 'a' + 10) : 16;
}

/* An integer in any of Go's bases that fits 64 bits. */
static bool parse_based_int(struct slice text, bool *ret_negative, uint64_t *ret)
{
    bool has_sign = text.len > 0 && (text.ptr[0] == '-' || text.ptr[0] == '+');
    bool negative = has_sign && text.ptr[0] == '-';
    struct slice digits = has_sign ? slice_after(text, 1) : text;
    unsigned base = cut_base(&digits);
    uint64_t value = 0;
    if (digits.len == 0)
        return false;
    for (size_t i = 0; i < digits.len; i++) {
        unsigned digit = digit_value(digits.ptr[i]);
        if (digit >= base || __builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
    }
    if (has_sign && value > (uint64_t)INT64_MAX + (negative ? 1 : 0))
        return false;
    *ret_negative = negative && value > 0;
    *ret = value;
    return true;
}

static enum scalar_kind resolve_based_int(struct slice plain, struct buf *number)
{
    bool negative = false;
    uint64_t value = 0;
    if (!parse_based_int(plain, &negative, &value))
        return SCALAR_STRING;
    buf_printf(number, "%s%ju", negative ? "-" : "", (uintmax_t)value);
    return SCALAR_INT;
}

static enum scalar_kind resolve_double(struct slice text, struct buf *number)
{
    double value = 0;
    if (num_double(text, &value) != NUM_OK || !isfinite(value))
        return SCALAR_STRING;
    num_put_double(number, value);
    return SCALAR_FLOAT;
}

/* A scalar that starts with a digit or a sign; underscores count for nothing. */
static enum scalar_kind resolve_number(struct slice text, struct buf *number)
{
    struct buf stripped;
    buf_init(&stripped, NUMBER_TEXT_MAX);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '_')
            buf_put_char(&stripped, text.ptr[i]);
    }
    struct slice plain = buf_slice(&stripped);
    bool is_int = false;
    enum scalar_kind kind = SCALAR_STRING;
    if (stripped.failure == BUF_NOMEM) {
        number->failure = BUF_NOMEM;
    } else if (stripped.failure == BUF_OK && is_json_number(plain, &is_int)) {
        buf_put_slice(number, plain);
        kind = is_int ? SCALAR_INT : SCALAR_FLOAT;
    } else if (stripped.failure == BUF_OK) {
        kind = resolve_based_int(plain, number);
        if (kind == SCALAR_STRING && is_decimal(plain))
            kind = resolve_double(plain, number);
    }
    buf_done(&stripped);
    return kind;
}

enum scalar_kind scalar_resolve(struct slice text, struct buf *number)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (slice_equal(text, words[i].text))
            return words[i].kind;
    }
    char first = text.ptr[0];
    if (first == '.')
        return resolve_double(text, number);
    if (is_digit(first) || first == '-' || first == '+')
        return resolve_number(text, number);
    return SCALAR_STRING;
}

/* Number-like in some YAML: base 60, dates, versions. More quotes than needed do no harm. */
static bool looks_numeric(struct slice text)
{
    static const char allowed[] = "0123456789abcdefABCDEFxXoOtTzZ_.,:+- ";
    size_t at = text.ptr[0] == '-' || text.ptr[0] == '+' || text.ptr[0] == '.' ? 1 : 0;
    if (at == text.len || !is_digit(text.ptr[at]))
        return false;
    for (size_t i = at; i < text.len; i++) {
        if (!strchr(allowed, text.ptr[i]) || text.ptr[i] == '\0')
            return false;
    }
    return true;
}

bool scalar_needs_quotes(struct slice text)
{
    if (text.len == 0 || slice_equal(text, SLICE("<<")) || slice_equal(text, SLICE("=")))
        return true;
    struct buf number;
    buf_init(&number, NUMBER_TEXT_MAX);
    bool is_string = scalar_resolve(text, &number) == SCALAR_STRING;
    buf_done(&number);
    return !is_string || looks_numeric(text);
}

/* The row of a type that the text has to fit, or NULL. */
static const struct tag *find_tag(struct slice type)
{
    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        if (slice_equal(type, tags[i].name))
            return &tags[i];
    }
    return NULL;
}

int scalar_resolve_tagged(struct slice text, struct slice tag, bool is_plain, struct buf *number,
                          enum scalar_kind *ret, struct error *err)
{
    if (!slice_is_present(tag)) {
        *ret = is_plain ? scalar_resolve(text, number) : SCALAR_STRING;
        return 0;
    }
    struct slice prefix = SLICE(TAG_PREFIX);
    bool is_standard = slice_has_prefix(tag, prefix);
    struct slice type = is_standard ? slice_after(tag, prefix.len) : SLICE("");
    if (slice_equal(type, SLICE("binary")))
        return error_set(err, ERROR_SHAPE,
                         "the tag !!binary is not read; write the text, or base64 in a string");
    const struct tag *asked = find_tag(type);
    if (!asked) {
        *ret = SCALAR_STRING;
        return 0;
    }
    size_t before = number->len;
    enum scalar_kind kind = scalar_resolve(text, number);
    if (!(asked->kinds & 1u << kind)) {
        number->len = before;
        return error_set(err, ERROR_SHAPE, "a value that is %s does not fit its tag !!%s",
                         kind_names[kind], asked->name.ptr);
    }
    *ret = kind;
    return 0;
}

/* The fewest digits that read back as the same float: Go's FormatFloat(value, 'g', -1, 32). */
static void put_float(struct buf *out, float value)
{
    char text[32];
    int digits = 1;
    for (; digits <= FLOAT_DIGITS_MAX; digits++) {
        (void)snprintf(text, sizeof(text), "%.*e", digits - 1, (double)value);
        if (strtof(text, NULL) == value)
            break;
    }
    const char *mark = strchr(text, 'e');
    int64_t exponent = 0;
    if (!mark || num_int64(slice_of(mark + 1), &exponent) != NUM_OK)
        return;
    if (exponent < -4 || exponent >= FLOAT_PLAIN_EXPONENT)
        buf_put_slice(out, slice_of(text));
    else
        buf_printf(out, "%.*f", digits - 1 > exponent ? digits - 1 - (int)exponent : 0,
                   (double)value);
}

void scalar_put_number_name(struct buf *out, struct slice number)
{
    bool negative = false;
    uint64_t value = 0;
    double wide = 0;
    if (parse_based_int(number, &negative, &value))
        buf_printf(out, "%s%ju", negative ? "-" : "", (uintmax_t)value);
    else if (num_json_double(number, &wide) == NUM_OK && fabs(wide) <= 3.4e38)
        put_float(out, (float)wide);
    else
        buf_put_slice(out, number);
}
