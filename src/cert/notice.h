#ifndef SRC_CERT_NOTICE_H
#define SRC_CERT_NOTICE_H

/*
 * What is to be told as a Kubernetes Event: one place for each reason, where the newest text waits until it
 * is sent, and at most NOTICES_AN_HOUR of each.  Pure; times are monotonic microseconds.
 */

#include <stdbool.h>
#include <stdint.h>

#define NOTICES_AN_HOUR 4u
#define NOTICE_TEXT_MAX 768u /* bytes; longer ones are cut */

enum notice_id {
    NOTICE_RENEWAL_FAILED,
    NOTICE_FALLBACK,
    NOTICE_CONTESTED,
    NOTICE_NOT_FOUND,
    NOTICE_NOT_PUBLISHED,
    NOTICE_CLOCK_SKEW,
    NOTICE_RECOVERED,
    NOTICE__COUNT
};

/* One row for each. */
struct notice_info {
    const char *reason; /* CamelCase, as Events have it */
    const char *action;
    bool is_warning;
    bool is_about_webhook; /* rather than about the pod */
};
const struct notice_info *notice_info(enum notice_id id);

struct notice_board {
    struct notice {
        bool is_pending;
        bool was_posted; /* and no recovery since */
        unsigned in_hour;
        int64_t hour_us; /* when its first one was posted */
        char text[NOTICE_TEXT_MAX];
    } at[NOTICE__COUNT];
};

/* Posts the text, unless there were too many of its reason within the hour. */
void notice_post(struct notice_board *board, enum notice_id id, int64_t now_us, const char *fmt,
                 ...) __attribute__((format(printf, 4, 5)));

/* Posts that all is well again, if trouble with the certificate was posted before. */
void notice_recover(struct notice_board *board, int64_t now_us, const char *text);

/* The next one to be sent, which is taken off: false when there is none. */
bool notice_take(struct notice_board *board, enum notice_id *ret_id,
                 char ret_text[NOTICE_TEXT_MAX]);

bool notice_is_pending(const struct notice_board *board);

#endif
