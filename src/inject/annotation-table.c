/* The rows of annotation.def as C: where a value goes, who parses it, what gives its default. */

#include "inject/annotation.h"
#include "inject/setter.h"

/* offsetof that compiles only when the member has the type that the setter writes */
#define MEMBER(type, member, ctype)                                                            \
    (offsetof(type, member) + 0 * sizeof(char[_Generic(((type *)0)->member, ctype : 1, default \
                                                       : -1)]))
#define SETTING(member, ctype) MEMBER(struct settings, member, ctype)

/* clang-format off */
#define TEXT(m)     .type = TYPE_TEXT,       .is_text = true,     .field = SETTING(m, struct slice)
#define LIST(m)     .type = TYPE_LIST,       .is_text = true,     .field = SETTING(m, struct slice)
#define QUANTITY(m) .type = TYPE_QUANTITY,   .set = set_quantity, .field = SETTING(m, struct slice)
#define PATCH(m)    .type = TYPE_JSON_PATCH, .set = set_patch,    .field = SETTING(m, struct slice), .sensitive = true
#define BOOL(m)     .type = TYPE_BOOL,       .set = set_bool,     .field = SETTING(m, bool)
#define INT(m)      .type = TYPE_INT,        .set = set_int,      .field = SETTING(m, int64_t)
#define UINT(m)     .type = TYPE_UINT,       .set = set_uint,     .field = SETTING(m, uint64_t)
#define FLOAT(m)    .type = TYPE_FLOAT,      .set = set_float,    .field = SETTING(m, double)
#define DURATION(m, lead_) .type = TYPE_DURATION, .set = set_duration, .field = SETTING(m, struct slice), .lead = lead_
#define CUSTOM(t, fn)           .type = t, .set = fn
#define CUSTOM_MEMBER(t, fn, m) .type = t, .set = fn, .field = SETTING(m, bool)
#define ELSEWHERE(t)            .type = t
#define SENSITIVE               , .sensitive = true

#define NO_DEF .def = { NULL, 0 }
#define DEF(text) .def = SLICE_INIT(text)
#define OPTION(flag, m) .option = flag, .option_kind = OPTION_TEXT, .option_field = MEMBER(struct inject_options, m, struct slice)
#define OPTION_OR(flag, m, text) OPTION(flag, m), DEF(text)
#define OPTION_BOOL(flag, m) .option = flag, .option_kind = OPTION_BOOLEAN, .option_field = MEMBER(struct inject_options, m, bool)
#define OPTION_INT(flag, m) .option = flag, .option_kind = OPTION_INTEGER, .option_field = MEMBER(struct inject_options, m, int64_t)
/* clang-format on */

const struct annotation annotation_table[ANNOTATION__COUNT] = {
#define ANNOTATION(id_, name_, kind_, step_, storage_, default_, help_) \
    [ANN_##id_] = { .name = SLICE_INIT(name_),                          \
                    .kind = ANNOTATION_##kind_,                         \
                    .step = step_,                                      \
                    storage_,                                           \
                    default_,                                           \
                    .help = help_ },
#include "inject/annotation.def"
#undef ANNOTATION
};
