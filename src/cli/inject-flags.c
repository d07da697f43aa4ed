#include "cli/inject-flags.h"

#define NAMESPACE_MAX 63 /* bytes of a label of RFC 1123, as Kubernetes has it */

/* clang-format off */
static const struct {
    struct slice name;
    enum inject_format format;
} formats[] = {
    { SLICE_INIT("input"), INJECT_FORMAT_INPUT },
    { SLICE_INIT("yaml"),  INJECT_FORMAT_YAML },
    { SLICE_INIT("json"),  INJECT_FORMAT_JSON },
};
/* clang-format on */

/* Called with the default first; each call from the user adds a file. */
static int set_file(void *member, struct slice text, struct error *err)
{
    struct inject_files *files = member;
    if (text.len == 0)
        return option_bad_value(err, text, "is no file: give a path, or - for standard input");
    if (files->has_default)
        files->count = 0;
    files->has_default = files->count == 0 && !files->has_default;
    if (files->count == INJECT_FILES_MAX)
        return error_set(err, ERROR_USAGE, "at most %u files", INJECT_FILES_MAX);
    files->at[files->count++] = text;
    return 0;
}

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_namespace(struct slice text)
{
    if (text.len == 0 || text.len > NAMESPACE_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        bool is_inside = i > 0 && i + 1 < text.len;
        if (!is_alphanumeric(text.ptr[i]) && !(is_inside && text.ptr[i] == '-'))
            return false;
    }
    return true;
}

static int set_namespace(void *member, struct slice text, struct error *err)
{
    if (!is_namespace(text))
        return option_bad_value(
            err, text,
            "is no namespace: give at most 63 of a-z, 0-9 and -, a dash neither first nor last");
    *(struct slice *)member = text;
    return 0;
}

static int set_format(void *member, struct slice text, struct error *err)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (slice_equal(text, formats[i].name)) {
            *(enum inject_format *)member = formats[i].format;
            return 0;
        }
    }
    return option_bad_value(err, text, "is no output format: give yaml or json");
}

/* clang-format off */
const struct option inject_flag_rows[INJECT_FLAG_COUNT] = {
    { "f", .set = set_file, .offset = OPTION_MEMBER(struct inject_flags, files, struct inject_files),
      .def = "-", .group = OPTION_GROUP_COMMAND, .since = "keyhook", .metavar = "FILE",
      .help = "Read this file, or standard input for -; may be given several times" },
    { "n", .set = set_namespace, .offset = OPTION_MEMBER(struct inject_flags, namespace, struct slice),
      .def = "default", .group = OPTION_GROUP_COMMAND, .since = "keyhook", .metavar = "NAMESPACE",
      .help = "Namespace of manifests that name none" },
    { "o", .set = set_format, .offset = OPTION_MEMBER(struct inject_flags, format, enum inject_format),
      .def = "input", .group = OPTION_GROUP_COMMAND, .since = "keyhook", .metavar = "FORMAT",
      .help = "Print manifests as yaml or json; input: each as it was read" },
    { "diff", OPTION_BOOL(struct inject_flags, is_diff),
      .def = "false", .group = OPTION_GROUP_COMMAND, .since = "keyhook",
      .help = "Print only what changes, with the agent configuration decoded" },
};
/* clang-format on */
