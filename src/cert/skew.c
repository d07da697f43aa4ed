#include "cert/skew.h"

bool skew_note(struct skew *s, int64_t ahead, int64_t now_us)
{
    if (ahead >= -SKEW_TOLD_ABOVE && ahead <= SKEW_TOLD_ABOVE)
        return false;
    if (s->was_told && now_us - s->told_us < SKEW_REPEAT_US)
        return false;
    *s = (struct skew){ .was_told = true, .told_us = now_us };
    return true;
}
