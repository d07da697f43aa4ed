#ifndef TESTS_SUPPORT_CORPUS_H
#define TESTS_SUPPORT_CORPUS_H

/* The request bodies of the conformance cases, as seeds for generated texts. */

#include <stddef.h>

#include "base/buf.h"
#include "support/json-gen.h"

#define CORPUS_DIR "tests/conformance/cases"
#define CORPUS_MAX 4096

struct corpus {
    struct buf texts[CORPUS_MAX];
    size_t count;
};

/* Reads <dir>/<area>/<case>/request.json in the order of their names; returns the number of files. */
size_t corpus_read(struct corpus *c, const char *dir);
void corpus_done(struct corpus *c);

/*
 * The text number `number` of a series: odd ones are mutated (three of four times) from the corpus,
 * or from a generated document when the corpus is empty; even ones are generated, and a third of
 * those mutated too.
 */
void corpus_make(const struct corpus *c, struct gen *g, unsigned number, struct buf *out);

#endif
