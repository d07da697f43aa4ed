#include "base/num.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define MANTISSA_DIGITS \
    800 /* 768 decimal digits decide any rounding; one more stands for the rest */
#define EXPONENT_MAX 99999999 /* beyond any double; larger exponents are taken as this */
#define NUMBER_TEXT_SIZE (MANTISSA_DIGITS + 40)
#define SHORTEST_DIGITS 17 /* enough for any double to read back */
#define DURATION_MAX ((uint64_t)1 << 63)

bool num_bool(struct slice text, bool *ret)
{
    static const struct {
        struct slice word;
        bool value;
    } words[] = {
        { SLICE_INIT("true"), true }, { SLICE_INIT("false"), false },
        { SLICE_INIT("1"), true },    { SLICE_INIT("0"), false },
        { SLICE_INIT("t"), true },    { SLICE_INIT("f"), false },
        { SLICE_INIT("T"), true },    { SLICE_INIT("F"), false },
        { SLICE_INIT("TRUE"), true }, { SLICE_INIT("FALSE"), false },
        { SLICE_INIT("True"), true }, { SLICE_INIT("False"), false },
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (slice_equal(text, words[i].word)) {
            *ret = words[i].value;
            return true;
        }
    }
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* The character at the front in lower case, NUL at the end (a NUL in the text fits no grammar). */
static char front(struct slice s)
{
    return s.len > 0 ? lower(s.ptr[0]) : '\0';
}

/* Takes a sign off the front; true when it is a minus. */
static bool take_sign(struct slice *s)
{
    char sign = front(*s);
    if (sign == '+' || sign == '-')
        *s = slice_after(*s, 1);
    return sign == '-';
}

/* Digits only; the magnitude may not exceed max. */
static enum num_status read_magnitude(struct slice text, uint64_t max, uint64_t *ret)
{
    uint64_t value = 0;
    bool too_large = false;
    if (text.len == 0)
        return NUM_SYNTAX;
    for (size_t i = 0; i < text.len; i++) {
        if (!is_digit(text.ptr[i]))
            return NUM_SYNTAX;
        uint64_t digit = (uint64_t)(text.ptr[i] - '0');
        if (value > (max - digit) / 10)
            too_large = true;
        else
            value = value * 10 + digit;
    }
    if (too_large)
        return NUM_RANGE;
    *ret = value;
    return NUM_OK;
}

enum num_status num_uint64(struct slice text, uint64_t *ret)
{
    return read_magnitude(text, UINT64_MAX, ret);
}

/*
 * The value of a sign and a magnitude that fits: the magnitude of INT64_MIN has no positive twin.
 */
static int64_t with_sign(bool negative, uint64_t magnitude)
{
    return negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
}

enum num_status num_int64(struct slice text, int64_t *ret)
{
    bool negative = take_sign(&text);
    uint64_t magnitude = 0;
    enum num_status status = read_magnitude(text, (uint64_t)INT64_MAX + negative, &magnitude);
    if (status == NUM_OK)
        *ret = with_sign(negative, magnitude);
    return status;
}

/*
 * Floating point.  The text is reduced to "digits e exponent" without a point, which strtod()
 * reads the same in every locale, and which is bounded however long the text is.
 */
struct mantissa {
    char digits[MANTISSA_DIGITS + 1]; /* significant ones, no leading zeros */
    size_t len;
    int64_t exponent; /* of the last digit, counted in digits */
    bool has_digits;
    bool has_rest; /* digits other than 0 were dropped */
};

static bool is_float_digit(char c, bool hex)
{
    return is_digit(c) || (hex && lower(c) >= 'a' && lower(c) <= 'f');
}

static void mantissa_add(struct mantissa *m, char digit, bool after_point)
{
    m->has_digits = true;
    if (m->len == 0 && digit == '0') {
        m->exponent -= after_point;
    } else if (m->len < MANTISSA_DIGITS) {
        m->digits[m->len++] = digit;
        m->exponent -= after_point;
    } else {
        m->has_rest = m->has_rest || digit != '0';
        m->exponent += !after_point;
    }
}

/* Takes digits with at most one point off the front; underscores are judged by underscores_ok(). */
static bool take_mantissa(struct slice *s, bool hex, struct mantissa *m)
{
    bool after_point = false;
    size_t i = 0;
    for (; i < s->len; i++) {
        char c = s->ptr[i];
        if (c == '.' && !after_point)
            after_point = true;
        else if (is_float_digit(c, hex))
            mantissa_add(m, c, after_point);
        else if (c != '_')
            break;
    }
    *s = slice_after(*s, i);
    if (m->has_rest) {
        m->digits[m->len++] = '1';
        m->exponent--;
    }
    return m->has_digits;
}

/* Takes "sign digits" to the end of the text; the first must be a digit. */
static bool take_exponent(struct slice *s, int64_t *ret)
{
    bool negative = take_sign(s);
    int64_t value = 0;
    if (s->len == 0 || !is_digit(s->ptr[0]))
        return false;
    for (; s->len > 0 && (is_digit(s->ptr[0]) || s->ptr[0] == '_'); *s = slice_after(*s, 1)) {
        if (s->ptr[0] != '_' && value < EXPONENT_MAX)
            value = value * 10 + (s->ptr[0] - '0');
    }
    *ret = negative ? -value : value;
    return true;
}

static int64_t clamp_exponent(int64_t e)
{
    if (e > EXPONENT_MAX)
        return EXPONENT_MAX;
    return e < -EXPONENT_MAX ? -EXPONENT_MAX : e;
}

static double mantissa_value(const struct mantissa *m, bool hex, int64_t exponent)
{
    char text[NUMBER_TEXT_SIZE];
    if (m->len == 0)
        return 0;
    int64_t all = clamp_exponent(exponent + (hex ? 4 : 1) * m->exponent);
    (void)snprintf(text, sizeof(text), "%s%.*s%c%lld", hex ? "0x" : "", (int)m->len, m->digits,
                   hex ? 'p' : 'e', (long long)all);
    return strtod(text, NULL);
}

/* A number without sign in decimal or hexadecimal notation, to the end of the text. */
static enum num_status read_unsigned_float(struct slice text, bool hex, double *ret)
{
    struct mantissa m = { .len = 0 };
    int64_t exponent = 0;
    if (!take_mantissa(&text, hex, &m))
        return NUM_SYNTAX;
    if (front(text) == (hex ? 'p' : 'e')) {
        text = slice_after(text, 1);
        if (!take_exponent(&text, &exponent))
            return NUM_SYNTAX;
    } else if (hex) {
        return NUM_SYNTAX;
    }
    if (text.len > 0)
        return NUM_SYNTAX;
    double value = mantissa_value(&m, hex, exponent);
    if (isinf(value))
        return NUM_RANGE;
    *ret = value;
    return NUM_OK;
}

/* Underscores stand between two digits; the prefix 0x counts as a digit (Go's number literals). */
static bool underscores_ok(struct slice text, bool hex)
{
    bool after_digit = hex;
    for (size_t i = 0; i < text.len; i++) {
        bool between = after_digit && i + 1 < text.len && is_float_digit(text.ptr[i + 1], hex);
        if (text.ptr[i] == '_' && !between)
            return false;
        after_digit = is_float_digit(text.ptr[i], hex);
    }
    return true;
}

/* The words that are numbers; of nan, Go takes no sign. */
static bool read_float_word(struct slice text, bool *ret_nan)
{
    *ret_nan = slice_equal_nocase(text, SLICE("nan"));
    (void)take_sign(&text);
    return *ret_nan || slice_equal_nocase(text, SLICE("inf")) ||
           slice_equal_nocase(text, SLICE("infinity"));
}

enum num_status num_double(struct slice text, double *ret)
{
    bool nan_word = false;
    bool is_word = read_float_word(text, &nan_word);
    bool negative = take_sign(&text);
    double value = nan_word ? NAN : INFINITY;
    if (!is_word) {
        bool hex = text.len > 2 && text.ptr[0] == '0' && lower(text.ptr[1]) == 'x';
        if (hex)
            text = slice_after(text, 2);
        enum num_status status = read_unsigned_float(text, hex, &value);
        if (status != NUM_OK)
            return underscores_ok(text, hex) ? status : NUM_SYNTAX;
        if (!underscores_ok(text, hex))
            return NUM_SYNTAX;
    }
    *ret = negative ? -value : value;
    return NUM_OK;
}

enum num_status num_json_double(struct slice text, double *ret)
{
    if (slice_contains(text, SLICE("_")))
        return NUM_SYNTAX;
    bool negative = take_sign(&text);
    double value = 0;
    enum num_status status = read_unsigned_float(text, false, &value);
    if (status == NUM_OK)
        *ret = negative ? -value : value;
    return status;
}

/* Digits and exponent of a finite positive value: 0.d1d2d3... times 10 to the power of point. */
struct decimal {
    char digits[SHORTEST_DIGITS + 1];
    int len;
    int point;
};

static bool reads_back(const struct decimal *d, double value)
{
    char text[SHORTEST_DIGITS + 16];
    (void)snprintf(text, sizeof(text), "%.*se%d", d->len, d->digits, d->point - d->len);
    return strtod(text, NULL) == value; /* exact by intent */
}

/* The value rounded to len digits; "%e" prints one digit, the locale's point, and the others. */
static void round_to(double value, int len, struct decimal *ret)
{
    char text[SHORTEST_DIGITS + 32];
    (void)snprintf(text, sizeof(text), "%.*e", len - 1, value);
    const char *p = text;
    ret->len = 0;
    for (; *p != 'e'; p++) {
        if (is_digit(*p))
            ret->digits[ret->len++] = *p;
    }
    bool negative = p[1] == '-';
    int exponent = 0;
    for (p += 2; is_digit(*p); p++)
        exponent = exponent * 10 + (*p - '0');
    ret->point = (negative ? -exponent : exponent) + 1;
}

/* One more in the last place; false when that carries out of the first digit. */
static bool next_up(struct decimal *d)
{
    int i = d->len - 1;
    for (; i >= 0 && d->digits[i] == '9'; i--)
        d->digits[i] = '0';
    if (i < 0)
        return false;
    d->digits[i]++;
    return true;
}

/*
 * The shortest digits that read back.  Above a power of two the doubles are twice as far apart as
 * below it, so the upper neighbour may read back where the nearest text of that length does not.
 */
static void shortest(double value, struct decimal *ret)
{
    for (int len = 1; len <= SHORTEST_DIGITS; len++) {
        round_to(value, len, ret);
        if (reads_back(ret, value))
            return;
        struct decimal up = *ret;
        if (len < SHORTEST_DIGITS && next_up(&up) && reads_back(&up, value)) {
            *ret = up;
            return;
        }
    }
}

static void put_plain(struct buf *out, const struct decimal *d)
{
    if (d->point <= 0)
        buf_put_lit(out, "0.");
    for (int i = d->point; i < 0; i++)
        buf_put_char(out, '0');
    for (int i = 0; i < d->len || i < d->point; i++) {
        if (i > 0 && i == d->point)
            buf_put_char(out, '.');
        buf_put_char(out, i < d->len ? d->digits[i] : '0');
    }
}

static void put_scientific(struct buf *out, const struct decimal *d)
{
    buf_put_char(out, d->digits[0]);
    if (d->len > 1)
        buf_put_char(out, '.');
    buf_put(out, d->digits + 1, (size_t)d->len - 1);
    buf_put_char(out, 'e');
    if (d->point > 0)
        buf_put_char(out, '+');
    buf_put_int(out, d->point - 1);
}

void num_put_double(struct buf *out, double value)
{
    struct decimal d = { .len = 1, .point = 1, .digits = "0" };
    double size = fabs(value);
    if (signbit(value))
        buf_put_char(out, '-');
    if (size > 0)
        shortest(size, &d);
    if (size > 0 && (size < 1e-6 || size >= 1e21))
        put_scientific(out, &d);
    else
        put_plain(out, &d);
}

/* Durations: a number with unit, one after the other. */
static const struct duration_unit {
    struct slice name;
    uint64_t ns;
} duration_units[] = {
    { SLICE_INIT("ns"), 1 },
    { SLICE_INIT("us"), 1000 },
    { SLICE_INIT("\xc2\xb5s"), 1000 }, /* U+00B5, the micro sign */
    { SLICE_INIT("\xce\xbcs"), 1000 }, /* U+03BC, the Greek letter */
    { SLICE_INIT("ms"), 1000000 },
    { SLICE_INIT("s"), 1000000000 },
    { SLICE_INIT("m"), 60 * (uint64_t)1000000000 },
    { SLICE_INIT("h"), 3600 * (uint64_t)1000000000 },
};

/* Takes the unit off the front: everything up to the next digit or point. */
static uint64_t take_unit(struct slice *s)
{
    size_t n = 0;
    while (n < s->len && s->ptr[n] != '.' && !is_digit(s->ptr[n]))
        n++;
    struct slice name = { s->ptr, n };
    *s = slice_after(*s, n);
    for (size_t i = 0; i < sizeof(duration_units) / sizeof(duration_units[0]); i++) {
        if (slice_equal(name, duration_units[i].name))
            return duration_units[i].ns;
    }
    return 0;
}

static struct slice take_digits(struct slice *s)
{
    size_t n = 0;
    while (n < s->len && is_digit(s->ptr[n]))
        n++;
    struct slice digits = { s->ptr, n };
    *s = slice_after(*s, n);
    return digits;
}

/*
 * The part behind the point times the unit, computed through a double with the digits that fit 63
 * bits.
 */
static uint64_t fraction_of(struct slice digits, uint64_t unit)
{
    uint64_t value = 0;
    double scale = 1;
    for (size_t i = 0; i < digits.len; i++) {
        uint64_t next = value * 10 + (uint64_t)(digits.ptr[i] - '0');
        if (value > (DURATION_MAX - 1) / 10 || next > DURATION_MAX)
            break;
        value = next;
        scale *= 10;
    }
    return (uint64_t)((double)value * ((double)unit / scale));
}

/* Takes one number with its unit; a syntax error wins over a number that is too large. */
static enum num_status take_duration_part(struct slice *s, uint64_t *ret)
{
    struct slice whole = take_digits(s);
    struct slice fraction = { s->ptr, 0 };
    if (front(*s) == '.') {
        *s = slice_after(*s, 1);
        fraction = take_digits(s);
    }
    if (whole.len + fraction.len == 0)
        return NUM_SYNTAX;
    uint64_t unit = take_unit(s);
    if (unit == 0)
        return NUM_SYNTAX;
    uint64_t value = 0;
    if (whole.len > 0 && read_magnitude(whole, DURATION_MAX / unit, &value) != NUM_OK)
        return NUM_RANGE;
    value = value * unit + fraction_of(fraction, unit);
    if (value > DURATION_MAX)
        return NUM_RANGE;
    *ret = value;
    return NUM_OK;
}

enum num_status num_duration(struct slice text, int64_t *ret_ns)
{
    bool negative = take_sign(&text);
    uint64_t sum = 0;
    enum num_status result = NUM_OK;
    if (text.len == 0)
        return NUM_SYNTAX;
    if (slice_equal(text, SLICE("0")))
        text.len = 0;
    while (text.len > 0) {
        uint64_t part = 0;
        enum num_status status = take_duration_part(&text, &part);
        if (status == NUM_SYNTAX)
            return NUM_SYNTAX;
        if (status == NUM_RANGE || part > DURATION_MAX - sum)
            result = NUM_RANGE;
        else
            sum += part;
    }
    if (result == NUM_OK && sum == DURATION_MAX && !negative)
        result = NUM_RANGE;
    if (result == NUM_OK)
        *ret_ns = with_sign(negative, sum);
    return result;
}

/* What may follow a quantity's digits, and whether it may stand without any digit. */
static const struct quantity_suffix {
    struct slice text;
    bool alone;
} quantity_suffixes[] = {
    { SLICE_INIT(""), true },    { SLICE_INIT("n"), true },  { SLICE_INIT("u"), true },
    { SLICE_INIT("m"), true },   { SLICE_INIT("k"), true },  { SLICE_INIT("M"), true },
    { SLICE_INIT("G"), true },   { SLICE_INIT("T"), true },  { SLICE_INIT("P"), true },
    { SLICE_INIT("E"), true },   { SLICE_INIT("Ki"), true }, { SLICE_INIT("Mi"), true },
    { SLICE_INIT("Gi"), true },  { SLICE_INIT("Ti"), true }, { SLICE_INIT("Pi"), false },
    { SLICE_INIT("Ei"), false },
};

/* e or E and an exponent of 64 bits, of which the library keeps 32; without digits down to -9. */
static bool is_quantity_exponent(struct slice suffix, bool has_digits)
{
    int64_t exponent = 0;
    if (front(suffix) != 'e' || num_int64(slice_after(suffix, 1), &exponent) != NUM_OK)
        return false;
    return has_digits || (int32_t)(uint32_t)(uint64_t)exponent >= -9;
}

bool num_is_quantity(struct slice text)
{
    if (text.len == 0)
        return false;
    (void)take_sign(&text);
    size_t digits = take_digits(&text).len;
    if (front(text) == '.') {
        text = slice_after(text, 1);
        digits += take_digits(&text).len;
    }
    for (size_t i = 0; i < sizeof(quantity_suffixes) / sizeof(quantity_suffixes[0]); i++) {
        if (slice_equal(text, quantity_suffixes[i].text))
            return digits > 0 || quantity_suffixes[i].alone;
    }
    return is_quantity_exponent(text, digits > 0);
}
