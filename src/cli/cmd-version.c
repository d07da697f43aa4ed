#include "cli/cmd-version.h"

#include <gnu/libc-version.h>
#include <string.h>

#include <yaml.h>

#include "base/version.h"

/* A library that the program was started with. */
struct library {
    const char *name;
    const char *(*version)(void);
};

static const struct library libraries[] = {
    { "libc", gnu_get_libc_version },
    { "libyaml", yaml_get_version_string },
};

int cmd_version(const struct command_context *ctx, int argc, char **argv)
{
    (void)fprintf(ctx->out, "keyhook %s\n", keyhook_version());
    if (argc == 0 || (strcmp(argv[0], "-v") != 0 && strcmp(argv[0], "--v") != 0))
        return COMMAND_OK;
    for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++)
        (void)fprintf(ctx->out, "%s %s\n", libraries[i].name, libraries[i].version());
    (void)fprintf(ctx->out, "compiler %s\n", __VERSION__);
    return COMMAND_OK;
}
