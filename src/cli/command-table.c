#include "cli/check-flags.h"
#include "cli/cmd-check.h"
#include "cli/cmd-explain.h"
#include "cli/cmd-help.h"
#include "cli/cmd-inject.h"
#include "cli/cmd-serve.h"
#include "cli/cmd-version.h"
#include "cli/command.h"
#include "cli/inject-flags.h"

const struct command command_table[] = {
    {
        .name = "serve",
        .alias = "agent-inject",
        .arguments = "[options]",
        .summary = "run the admission webhook",
        .text =
            "Answers AdmissionReviews over HTTPS until SIGTERM or SIGINT. The certificate comes\n"
            "from Vault, from files, or is made here, see -cert-source. agent-inject is the\n"
            "spelling of vault-k8s; it reads annotations below vault.hashicorp.com alone.",
        .run = cmd_serve,
        .bit = COMMAND_SERVE,
        .rest = REST_IGNORED,
    },
    {
        .name = "inject",
        .arguments = "[options]",
        .summary = "inject into manifests, offline",
        .text = cmd_inject_text,
        .run = cmd_inject,
        .bit = COMMAND_INJECT,
        .rest = REST_REFUSED,
        .rest_flag = "f",
        .own = inject_flag_rows,
        .own_count = INJECT_FLAG_COUNT,
    },
    {
        .name = "check",
        .arguments = "[options]",
        .summary = "find what is wrong with an installation",
        .text = cmd_check_text,
        .run = cmd_check,
        .bit = COMMAND_CHECK,
        .rest = REST_REFUSED,
        .own = check_flag_rows,
        .own_count = CHECK_FLAG_COUNT,
    },
    {
        .name = "explain",
        .arguments = "[NAME...]",
        .summary = "explain annotations, options and reasons",
        .text = "Without a name: lists every annotation, option and reason. With names: says all\n"
                "that is known about each. A name is an annotation with or without its prefix\n"
                "(agent-inject-secret-db stands for its family), an option, an environment\n"
                "variable, or the reason of a decision.\n\n"
                "--markdown annotations|metrics|options|reasons prints a reference page,\n"
                "--schema options the JSON Schema of the options by their flags, and\n"
                "--variables options which variable stands for which flag.",
        .run = cmd_explain,
        .rest = REST_NAMES,
    },
    {
        .name = "version",
        .arguments = "[-v]",
        .summary = "print the version",
        .text = "Prints the version of Keyhook; with -v also those of its libraries.",
        .run = cmd_version,
        .rest = REST_NAMES,
    },
    {
        .name = "help",
        .arguments = "[COMMAND]",
        .summary = "explain a command and its options",
        .text = "Prints what a command does and the options that it takes.",
        .run = cmd_help,
        .rest = REST_NAMES,
    },
};

const size_t command_count = sizeof(command_table) / sizeof(command_table[0]);
