#ifndef SRC_INJECT_NAMES_H
#define SRC_INJECT_NAMES_H

/*
 * struct names: a sorted set of names, so that looking each container up in a long list, or each name
 * of a list up among many containers, stays cheap.  Slices are borrowed, the array is the arena's.
 */

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

#define NAMES_MAX 10000u /* of one set */

struct names {
    struct slice *at; /* sorted by bytes */
    unsigned count;
};

/* How many parts a list separated by commas has; 0 for an absent one. */
size_t names_count(struct slice list);

/* The parts of such a list, at most NAMES_MAX.  False when the arena is exhausted. */
bool names_of_list(struct arena *arena, struct slice list, struct names *ret);

/* Sorts names that the caller has put into the array. */
void names_sort(struct names *names);

bool names_has(const struct names *names, struct slice name);

#endif
