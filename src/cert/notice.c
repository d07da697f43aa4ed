#include "cert/notice.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define HOUR_US ((int64_t)3600 * 1000000)

/* clang-format off */
static const struct notice_info infos[NOTICE__COUNT] = {
    [NOTICE_RENEWAL_FAILED] = { "CertificateRenewalFailed", "Renew",   true,  false },
    [NOTICE_FALLBACK]       = { "CertificateFallback",      "Serve",   true,  false },
    [NOTICE_CONTESTED]      = { "WebhookBundleContested",   "Publish", true,  true },
    [NOTICE_NOT_FOUND]      = { "WebhookNotFound",          "Publish", true,  false },
    [NOTICE_NOT_PUBLISHED]  = { "WebhookNotPublished",      "Publish", true,  false },
    [NOTICE_CLOCK_SKEW]     = { "ClockSkew",                "Publish", true,  false },
    [NOTICE_RECOVERED]      = { "CertificateRecovered",     "Renew",   false, false },
};
/* clang-format on */

const struct notice_info *notice_info(enum notice_id id)
{
    return &infos[id];
}

void notice_post(struct notice_board *board, enum notice_id id, int64_t now_us, const char *fmt,
                 ...)
{
    struct notice *n = &board->at[id];
    va_list args;
    if (n->in_hour == 0 || now_us - n->hour_us >= HOUR_US) {
        n->hour_us = now_us;
        n->in_hour = 0;
    }
    n->was_posted = true;
    if (n->in_hour >= NOTICES_AN_HOUR)
        return;
    n->in_hour++;
    n->is_pending = true;
    va_start(args, fmt);
    (void)vsnprintf(n->text, sizeof(n->text), fmt, args);
    va_end(args);
}

void notice_recover(struct notice_board *board, int64_t now_us, const char *text)
{
    struct notice *failed = &board->at[NOTICE_RENEWAL_FAILED];
    struct notice *fallback = &board->at[NOTICE_FALLBACK];
    if (!failed->was_posted && !fallback->was_posted)
        return;
    failed->was_posted = fallback->was_posted = false;
    notice_post(board, NOTICE_RECOVERED, now_us, "%s", text);
}

bool notice_take(struct notice_board *board, enum notice_id *ret_id, char ret_text[NOTICE_TEXT_MAX])
{
    for (unsigned i = 0; i < NOTICE__COUNT; i++) {
        struct notice *n = &board->at[i];
        if (!n->is_pending)
            continue;
        n->is_pending = false;
        *ret_id = i;
        memcpy(ret_text, n->text, NOTICE_TEXT_MAX);
        return true;
    }
    return false;
}

bool notice_is_pending(const struct notice_board *board)
{
    for (unsigned i = 0; i < NOTICE__COUNT; i++)
        if (board->at[i].is_pending)
            return true;
    return false;
}
