#include "cli/check-flags.h"

static int set_format(void *member, struct slice text, struct error *err)
{
    bool is_json = slice_equal(text, SLICE("json"));
    if (!is_json && !slice_equal(text, SLICE("text")))
        return option_bad_value(err, text, "is no output format: give text or json");
    *(enum check_format *)member = is_json ? CHECK_FORMAT_JSON : CHECK_FORMAT_TEXT;
    return 0;
}

static int set_dry_run(void *member, struct slice text, struct error *err)
{
    static const char *const words[] = {
        [CHECK_DRY_RUN_AUTO] = "auto",
        [CHECK_DRY_RUN_MUST] = "must",
        [CHECK_DRY_RUN_OFF] = "off",
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (slice_equal(slice_of(words[i]), text)) {
            *(enum check_dry_run *)member = (enum check_dry_run)i;
            return 0;
        }
    return option_bad_value(err, text, "is not known: give auto, must or off");
}

/* clang-format off */
const struct option check_flag_rows[CHECK_FLAG_COUNT] = {
    { "connect", OPTION_TEXT(struct check_flags, connect),
      .def = "", .group = OPTION_GROUP_COMMAND, .since = "keyhook", .metavar = "HOST:PORT",
      .help = "Where the webhook listens; by default this machine, at the port of -listen; off: do not ask" },
    { "dry-run", .set = set_dry_run, .offset = OPTION_MEMBER(struct check_flags, dry_run, enum check_dry_run),
      .def = "auto", .group = OPTION_GROUP_COMMAND, .since = "keyhook", .metavar = "WORD",
      .help = "Let the API server try a pod that asks for injection, and keep nothing; auto: if this account may create pods; must: else it is a failure; off" },
    { "n", OPTION_TEXT(struct check_flags, namespace),
      .def = "", .group = OPTION_GROUP_COMMAND, .since = "keyhook", .metavar = "NAMESPACE",
      .help = "Namespace of the pod that is tried; by default this pod's own" },
    { "labels", OPTION_TEXT(struct check_flags, labels),
      .def = "", .group = OPTION_GROUP_COMMAND, .since = "keyhook", .metavar = "NAME=VALUE,...",
      .help = "Labels of the pod that is tried, for an objectSelector" },
    { "o", .set = set_format, .offset = OPTION_MEMBER(struct check_flags, format, enum check_format),
      .def = "text", .group = OPTION_GROUP_COMMAND, .since = "keyhook", .metavar = "FORMAT",
      .help = "Print findings as text or json" },
};
/* clang-format on */
