#include "base/time.h"

#include <time.h>

#define SECOND_US 1000000
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

int64_t time_wall_us(void)
{
    return read_clock_us(CLOCK_REALTIME);
}

static void put_fraction(struct buf *out, int64_t us, enum time_precision precision)
{
    char text[1 + TIME_MICROS] = ".";
    for (int i = TIME_MICROS; i > 0; i--, us /= 10)
        text[i] = (char)('0' + us % 10);
    if (precision != TIME_SECONDS)
        buf_put(out, text, 1 + (size_t)precision);
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
    struct tm tm;
    (void)gmtime_r(&seconds, &tm);
    buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
               tm.tm_hour, tm.tm_min, tm.tm_sec);
    put_fraction(out, us, precision);
    buf_put_char(out, 'Z');
}
