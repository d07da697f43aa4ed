#ifndef TESTS_SUPPORT_CORPUS_H
#define TESTS_SUPPORT_CORPUS_H

/* The request bodies of the conformance cases, as seeds for generated texts. */

#include <stddef.h>

#include "base/buf.h"
#include "support/json-gen.h"

#define CORPUS_MAX 4096

struct corpus {
    struct buf texts[CORPUS_MAX];
    size_t count;
};

/* How many texts, and from which seed. */
struct series {
    unsigned count;
    uint64_t seed;
};

/*
 * By the arguments of a test program, [-n COUNT] [-s SEED] [CORPUS]: changes what of the series is told there,
 * and reads <corpus>/<area>/<case>/request.json in the order of their names. False for another argument.
 */
bool corpus_begin(struct corpus *c, struct series *series, int argc, char **argv);
void corpus_done(struct corpus *c);

/*
 * The text number `number` of a series: odd ones are mutated (three of four times) from the corpus,
 * or from a generated document when the corpus is empty; even ones are generated, and a third of
 * those mutated too.
 */
void corpus_make(const struct corpus *c, struct gen *g, unsigned number, struct buf *out);

#endif
