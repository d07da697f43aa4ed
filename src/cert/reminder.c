#include "cert/reminder.h"

bool reminder_note(struct reminder *r, unsigned kind, int64_t now_us)
{
    if (r->kind == kind && now_us - r->told_us < REMINDER_SPAN_US)
        return false;
    *r = (struct reminder){ kind, now_us };
    return true;
}

void reminder_end(struct reminder *r)
{
    *r = (struct reminder){ 0 };
}
