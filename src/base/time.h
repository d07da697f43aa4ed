#ifndef SRC_BASE_TIME_H
#define SRC_BASE_TIME_H

/* Clocks and dates. Thread-safe. */

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/* For durations only: never goes back, starts anywhere, does not follow the calendar. */
int64_t time_monotonic_us(void);
int64_t time_monotonic_ms(void);

/* The same, and it goes on while the machine is suspended: for lives that others count. */
int64_t time_boot_us(void);

/* Microseconds since 1970-01-01T00:00:00Z; may jump when the clock is set. */
int64_t time_wall_us(void);

/* How many digits of a second are shown. */
enum time_precision { TIME_SECONDS = 0, TIME_MILLIS = 3, TIME_MICROS = 6 };

/*
 * Appends wall_us in UTC as RFC 3339 text, 2026-01-02T15:04:05.000Z; what is finer than the
 * precision is cut.  The years 0000 to 9999 can be written, other times are shown as the nearest
 * of these.
 */
void time_put_rfc3339(struct buf *out, int64_t wall_us, enum time_precision precision);

/*
 * Seconds since the epoch from RFC 3339 text ("date-time" of its section 5.6: T and Z in either case, any
 * offset, a leap second); the fraction is cut.  False for all other text.
 */
bool time_parse_rfc3339(struct slice text, int64_t *ret_seconds);

#endif
