#include <unistd.h>

#include "cli/command.h"

int main(int argc, char **argv)
{
    struct command_context ctx = {
        .environment = environ,
        .in = stdin,
        .out = stdout,
        .err = stderr,
    };

    return command_main(&ctx, argc, argv);
}
