#include <unistd.h>

#include "cli/program.h"

int main(int argc, char **argv)
{
    struct command_context ctx = {
        .environment = environ,
        .in = stdin,
        .out = stdout,
        .err = stderr,
    };

    int status = program_run(&ctx, argc, argv);

    if (fflush(stdout) != 0 || ferror(stdout)) {
        (void)fputs("keyhook: cannot write the output\n", stderr);
        return status == COMMAND_OK ? COMMAND_FAILED : status;
    }
    return status;
}
