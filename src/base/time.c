#include "base/time.h"

#include <time.h>

#define SECOND_US 1000000
#define DAY_S 86400
#define ERA_DAYS 146097
#define DAYS_0000_03_01 719468     /* from there to 1970-01-01 */
#define YEAR_0000_S (-62167219200) /* 0000-01-01T00:00:00Z */
#define YEAR_9999_S 253402300799   /* 9999-12-31T23:59:59Z */

/* Cannot fail for the clocks that every kernel has. */
static int64_t read_clock_us(clockid_t clock)
{
    struct timespec now = { 0, 0 };
    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

int64_t time_monotonic_us(void)
{
    return read_clock_us(CLOCK_MONOTONIC);
}

int64_t time_monotonic_ms(void)
{
    return time_monotonic_us() / 1000;
}

int64_t time_boot_us(void)
{
    return read_clock_us(CLOCK_BOOTTIME);
}

int64_t time_wall_us(void)
{
    return read_clock_us(CLOCK_REALTIME);
}

/* Decimal digits with zeros in front; value must fit. */
static void put_digits(char *at, unsigned count, unsigned value)
{
    for (; count > 0; count--, value /= 10)
        at[count - 1] = (char)('0' + value % 10);
}

struct date {
    unsigned year, month, day;
};

/*
 * By arithmetic, because every log line has one.  Years are counted from March, so that the leap day
 * is the last; 400 years, an era, have the same number of days always.
 */
static struct date date_of(int64_t days)
{
    int64_t from_march = days + DAYS_0000_03_01;
    int64_t era = (from_march >= 0 ? from_march : from_march - (ERA_DAYS - 1)) / ERA_DAYS;
    unsigned day = (unsigned)(from_march - era * ERA_DAYS);
    unsigned year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    day -= 365 * year + year / 4 - year / 100;
    unsigned month = (5 * day + 2) / 153; /* 0 is March; 31 30 31 30 31 days repeat */
    day -= (153 * month + 2) / 5;
    bool is_next = month >= 10;
    return (struct date){ (unsigned)(era * 400) + year + is_next, month + 3 - 12 * is_next,
                          day + 1 };
}

void time_put_rfc3339(struct buf *out, int64_t wall_us, enum time_precision precision)
{
    int64_t us = wall_us % SECOND_US;
    time_t seconds = wall_us / SECOND_US;
    if (us < 0) {
        us += SECOND_US;
        seconds--;
    }
    if (seconds < YEAR_0000_S || seconds > YEAR_9999_S) {
        us = seconds < 0 ? 0 : SECOND_US - 1;
        seconds = seconds < 0 ? YEAR_0000_S : YEAR_9999_S;
    }
    int64_t days = seconds / DAY_S - (seconds % DAY_S < 0);
    unsigned second = (unsigned)(seconds - days * DAY_S);
    struct date date = date_of(days);
    char text[] = "0000-00-00T00:00:00.000000";
    put_digits(&text[0], 4, date.year);
    put_digits(&text[5], 2, date.month);
    put_digits(&text[8], 2, date.day);
    put_digits(&text[11], 2, second / 3600);
    put_digits(&text[14], 2, second / 60 % 60);
    put_digits(&text[17], 2, second % 60);
    put_digits(&text[20], 6, (unsigned)us);
    buf_put(out, text, precision == TIME_SECONDS ? 19 : 20 + (size_t)precision);
    buf_put_char(out, 'Z');
}

/* --- reading ----------------------------------------------------------------------------------- */

/* Cuts `count` decimal digits; false when they are not there or their value is above `most`. */
static bool cut_digits(struct slice *rest, unsigned count, unsigned most, unsigned *ret)
{
    unsigned value = 0;
    if (rest->len < count)
        return false;
    for (unsigned i = 0; i < count; i++) {
        if (rest->ptr[i] < '0' || rest->ptr[i] > '9')
            return false;
        value = value * 10 + (unsigned)(rest->ptr[i] - '0');
    }
    *rest = slice_after(*rest, count);
    *ret = value;
    return value <= most;
}

/* Either case, which differs by one bit in letters only. */
static bool cut_char(struct slice *rest, char c)
{
    bool is_letter = c >= 'A' && c <= 'Z';
    if (rest->len == 0 || (rest->ptr[0] != c && !(is_letter && rest->ptr[0] == (c | 0x20))))
        return false;
    *rest = slice_after(*rest, 1);
    return true;
}

static unsigned days_of_month(const struct date *d)
{
    static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool is_leap = d->year % 4 == 0 && (d->year % 100 != 0 || d->year % 400 == 0);
    return days[d->month - 1] + (d->month == 2 && is_leap);
}

/* Since the epoch; the inverse of date_of(), for years from 0000. */
static int64_t days_of(const struct date *d)
{
    unsigned year = d->year + 400 - (d->month <= 2); /* an era more: never negative */
    unsigned month = d->month + (d->month > 2 ? 0 : 12) - 3;
    unsigned day = (153 * month + 2) / 5 + d->day - 1;
    return (int64_t)year * 365 + year / 4 - year / 100 + year / 400 + day - ERA_DAYS -
           DAYS_0000_03_01;
}

static bool cut_date(struct slice *rest, int64_t *ret_days)
{
    struct date d;
    if (!cut_digits(rest, 4, 9999, &d.year) || !cut_char(rest, '-') ||
        !cut_digits(rest, 2, 12, &d.month) || !cut_char(rest, '-') ||
        !cut_digits(rest, 2, 31, &d.day) || d.month == 0 || d.day == 0 || d.day > days_of_month(&d))
        return false;
    *ret_days = days_of(&d);
    return true;
}

/* Seconds of the day; the fraction is passed over. */
static bool cut_time(struct slice *rest, int64_t *ret_seconds)
{
    unsigned hour, minute, second, digit;
    if (!cut_digits(rest, 2, 23, &hour) || !cut_char(rest, ':') ||
        !cut_digits(rest, 2, 59, &minute) || !cut_char(rest, ':') ||
        !cut_digits(rest, 2, 60, &second))
        return false;
    if (cut_char(rest, '.')) {
        if (!cut_digits(rest, 1, 9, &digit))
            return false;
        while (cut_digits(rest, 1, 9, &digit))
            continue;
    }
    *ret_seconds = ((int64_t)hour * 60 + minute) * 60 + second;
    return true;
}

/* How far local time is ahead of UTC, in seconds. */
static bool cut_offset(struct slice *rest, int64_t *ret_seconds)
{
    unsigned hour, minute;
    *ret_seconds = 0;
    if (cut_char(rest, 'Z'))
        return true;
    bool is_behind = cut_char(rest, '-');
    if ((!is_behind && !cut_char(rest, '+')) || !cut_digits(rest, 2, 23, &hour) ||
        !cut_char(rest, ':') || !cut_digits(rest, 2, 59, &minute))
        return false;
    *ret_seconds = ((int64_t)hour * 60 + minute) * 60 * (is_behind ? -1 : 1);
    return true;
}

bool time_parse_rfc3339(struct slice text, int64_t *ret_seconds)
{
    int64_t days, seconds, offset;
    if (!cut_date(&text, &days) || !cut_char(&text, 'T') || !cut_time(&text, &seconds) ||
        !cut_offset(&text, &offset) || text.len > 0)
        return false;
    *ret_seconds = days * DAY_S + seconds - offset;
    return true;
}
