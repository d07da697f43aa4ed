/* Any bytes as a review: an answer that keeps the engine's promises, or a refusal. */

#include <stdint.h>

#include "support/option-sets.h"
#include "support/review-check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Under the defaults, and under one more set of options that the bytes choose. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct review_check check;
    struct slice body = { (const char *)data, size };
    struct inject_options opt;
    unsigned choice = (unsigned)size;
    if (!check.run.scratch)
        review_check_init(&check);
    for (size_t i = 0; i < size; i++)
        choice = choice * 31 + data[i];
    option_set(0, &opt);
    review_check(&check, &opt, body);
    option_set(1 + choice % (OPTION_SETS - 1), &opt);
    review_check(&check, &opt, body);
    return 0;
}
