#include "cli/cert-words.h"

#include <stddef.h>

const char *const cert_words_source[] = {
    [CERT_SOURCE_VAULT] = "vault",
    [CERT_SOURCE_FILES] = "files",
    [CERT_SOURCE_SELF_SIGNED] = "self-signed",
    NULL,
};
const char *const cert_words_fallback[] = {
    [CERT_FALLBACK_SELF_SIGNED] = "self-signed",
    [CERT_FALLBACK_NONE] = "none",
    NULL,
};
const char *const cert_words_publish[] = {
    [CERT_PUBLISH_OFF] = "off",
    [CERT_PUBLISH_ISSUER] = "issuer",
    [CERT_PUBLISH_CHAIN] = "chain",
    NULL,
};

bool cert_words_find(const char *const *words, struct slice word, unsigned *ret)
{
    for (unsigned i = 0; words[i]; i++)
        if (slice_equal(word, slice_of(words[i]))) {
            *ret = i;
            return true;
        }
    return false;
}
