#ifndef SRC_CLI_INJECT_FLAGS_H
#define SRC_CLI_INJECT_FLAGS_H

/* The options of `keyhook inject` alone, beside those that it shares with the server. */

#include <stdbool.h>

#include "base/str.h"
#include "cli/inject-output.h"
#include "cli/option.h"

#define INJECT_FILES_MAX 256u

struct inject_files {
    struct slice at[INJECT_FILES_MAX]; /* "-" is standard input */
    unsigned count;
    bool has_default; /* the only one is the default */
};

struct inject_flags {
    struct inject_files files;
    struct slice namespace;
    enum inject_format format;
    bool is_diff;
};

/* The target is a struct inject_flags of zeros. */
#define INJECT_FLAG_COUNT 4
extern const struct option inject_flag_rows[INJECT_FLAG_COUNT];

#endif
