#include "cli/cmd-version.h"

#include <string.h>
#include <unistd.h>

#include <yaml.h>

#include "base/version.h"

#define LIBC_TEXT_MAX 64

int cmd_version(const struct command_context *ctx, int argc, char **argv)
{
    char libc[LIBC_TEXT_MAX] = "unknown C library";

    (void)fprintf(ctx->out, "keyhook %s\n", keyhook_version());
    if (argc == 0 || (strcmp(argv[0], "-v") != 0 && strcmp(argv[0], "--v") != 0))
        return COMMAND_OK;
    (void)confstr(_CS_GNU_LIBC_VERSION, libc, sizeof(libc));
    (void)fprintf(ctx->out, "%s\nlibyaml %s\ncompiler %s\n", libc, yaml_get_version_string(),
                  __VERSION__);
    return COMMAND_OK;
}
