#ifndef SRC_CERT_REMINDER_H
#define SRC_CERT_REMINDER_H

/* Trouble that goes on: told when it begins, when its kind changes, and now and then.  Pure; monotonic microseconds. */

#include <stdbool.h>
#include <stdint.h>

#define REMINDER_SPAN_US ((int64_t)600 * 1000000)

struct reminder {
    unsigned kind; /* that was told last; 0: none */
    int64_t told_us;
};

/* There is trouble of that kind (above 0) now: true when it is to be told. */
bool reminder_note(struct reminder *r, unsigned kind, int64_t now_us);

/* It has ended: the next one is told at once. */
void reminder_end(struct reminder *r);

#endif
