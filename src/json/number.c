#include "json/equal.h"

#define EXPONENT_DIGITS_MAX 15

/* A number without its leading and trailing zeros: 0.digits * 10^exponent; no digits for zero. */
struct decimal {
    bool negative;
    struct slice whole;    /* digits before the dot */
    struct slice fraction; /* digits behind it */
    size_t first;          /* of the digits of whole and fraction in a row: the first not 0 */
    size_t last;           /* one behind the last not 0 */
    int64_t exponent;
};

static struct slice take_digits(struct slice *rest)
{
    size_t len = 0;
    while (len < rest->len && rest->ptr[len] >= '0' && rest->ptr[len] <= '9')
        len++;
    struct slice digits = { rest->ptr, len };
    *rest = slice_after(*rest, len);
    return digits;
}

static char digit_at(const struct decimal *d, size_t at)
{
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): at is below the sum of both lengths */
    return at < d->whole.len ? d->whole.ptr[at] : d->fraction.ptr[at - d->whole.len];
}

/* text starts behind the 'e'. False when the exponent is longer than anybody needs. */
static bool read_exponent(struct slice text, int64_t *ret)
{
    bool negative = text.ptr[0] == '-';
    if (negative || text.ptr[0] == '+')
        text = slice_after(text, 1);
    while (text.len > 1 && text.ptr[0] == '0')
        text = slice_after(text, 1);
    if (text.len > EXPONENT_DIGITS_MAX)
        return false;
    int64_t value = 0;
    for (size_t i = 0; i < text.len; i++)
        value = value * 10 + (text.ptr[i] - '0');
    *ret = negative ? -value : value;
    return true;
}

static bool read_decimal(struct slice text, struct decimal *ret)
{
    struct decimal d = { .negative = text.ptr[0] == '-' };
    if (d.negative)
        text = slice_after(text, 1);
    d.whole = take_digits(&text);
    if (text.len > 0 && text.ptr[0] == '.') {
        text = slice_after(text, 1);
        d.fraction = take_digits(&text);
    }
    size_t count = d.whole.len + d.fraction.len;
    while (d.first < count && digit_at(&d, d.first) == '0')
        d.first++;
    d.last = count;
    while (d.last > d.first && digit_at(&d, d.last - 1) == '0')
        d.last--;
    if (d.first == d.last)
        d.negative = false; /* -0 is 0 */
    else if (text.len > 0 && !read_exponent(slice_after(text, 1), &d.exponent))
        return false;
    d.exponent += (int64_t)d.whole.len - (int64_t)d.first;
    *ret = d;
    return true;
}

bool json_same_number(struct slice a, struct slice b)
{
    if (slice_equal(a, b))
        return true;
    struct decimal x = { 0 };
    struct decimal y = { 0 };
    if (!read_decimal(a, &x) || !read_decimal(b, &y))
        return false;
    size_t count = x.last - x.first;
    if (count != y.last - y.first || x.negative != y.negative)
        return false;
    if (count > 0 && x.exponent != y.exponent)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (digit_at(&x, x.first + i) != digit_at(&y, y.first + i))
            return false;
    }
    return true;
}
