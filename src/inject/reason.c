#include "inject/reason.h"

#include <assert.h>

static const struct reason reasons[REASON__COUNT] = {
#define REASON(id, kind_, word_, code_, status_reason_, help_)     \
    [REASON_##id] = { .word = SLICE_INIT(word_),                   \
                      .kind = kind_,                               \
                      .code = code_,                               \
                      .status_reason = SLICE_INIT(status_reason_), \
                      .help = help_ },
#include "inject/reason.def"
#undef REASON
};

const struct reason *reason_info(enum reason_id id)
{
    assert(id < REASON__COUNT);
    return &reasons[id];
}
