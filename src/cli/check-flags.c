#include "cli/check-flags.h"

static int set_format(void *member, struct slice text, struct error *err)
{
    bool is_json = slice_equal(text, SLICE("json"));
    if (!is_json && !slice_equal(text, SLICE("text")))
        return option_bad_value(err, text, "is no output format: give text or json");
    *(enum check_format *)member = is_json ? CHECK_FORMAT_JSON : CHECK_FORMAT_TEXT;
    return 0;
}

/* clang-format off */
const struct option check_flag_rows[CHECK_FLAG_COUNT] = {
    { "connect", OPTION_TEXT(struct check_flags, connect),
      .def = "", .group = OPTION_GROUP_COMMAND, .since = "keyhook", .metavar = "HOST:PORT",
      .help = "Where the webhook listens; by default this machine, at the port of -listen; off: do not ask" },
    { "o", .set = set_format, .offset = OPTION_MEMBER(struct check_flags, format, enum check_format),
      .def = "text", .group = OPTION_GROUP_COMMAND, .since = "keyhook", .metavar = "FORMAT",
      .help = "Print findings as text or json" },
};
/* clang-format on */
