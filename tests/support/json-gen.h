#ifndef TESTS_SUPPORT_JSON_GEN_H
#define TESTS_SUPPORT_JSON_GEN_H

/* JSON texts from a seed: the same seed gives the same texts on every machine. */

#include <stdint.h>

#include "base/buf.h"

struct gen {
    uint64_t state;
};

/* A number from 0 to below - 1. */
uint32_t gen_below(struct gen *g, uint32_t below);

/* Appends a valid document: all kinds of values, escapes, UTF-8, odd numbers, some white space. */
void gen_document(struct gen *g, struct buf *out);

/* Changes a few bytes, pieces or tokens of text, so that it is mostly no longer valid. */
void gen_mutate(struct gen *g, struct buf *text);

/* Reads a whole file into out; false when that fails. */
bool gen_read_file(const char *path, struct buf *out);

#endif
