#ifndef SRC_CLI_CERT_WORDS_H
#define SRC_CLI_CERT_WORDS_H

/* The words of -cert-source, -cert-fallback and -publish: each option's once, by what they mean. */

#include <stdbool.h>

#include "base/str.h"

enum cert_source_id { CERT_SOURCE_VAULT, CERT_SOURCE_FILES, CERT_SOURCE_SELF_SIGNED };
enum cert_fallback_id { CERT_FALLBACK_SELF_SIGNED, CERT_FALLBACK_NONE };
enum cert_publish_id { CERT_PUBLISH_OFF, CERT_PUBLISH_ISSUER, CERT_PUBLISH_CHAIN };

/* NULL behind the last one. */
extern const char *const cert_words_source[];
extern const char *const cert_words_fallback[];
extern const char *const cert_words_publish[];

/* The place of the word; false, and *ret untouched, when it is none of them. */
bool cert_words_find(const char *const *words, struct slice word, unsigned *ret);

#endif
