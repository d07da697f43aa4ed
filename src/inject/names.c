#include "inject/names.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

size_t names_count(struct slice list)
{
    size_t count = 0;
    while (slice_is_present(list)) {
        (void)slice_cut(&list, ',');
        count++;
    }
    return count;
}

bool names_of_list(struct arena *arena, struct slice list, struct names *ret)
{
    size_t count = names_count(list);
    ret->count = 0;
    ret->at = arena_alloc(arena, (count < NAMES_MAX ? count : NAMES_MAX) * sizeof(struct slice));
    if (!ret->at)
        return false;
    while (slice_is_present(list) && ret->count < NAMES_MAX)
        ret->at[ret->count++] = slice_cut(&list, ',');
    names_sort(ret);
    return true;
}

void names_sort(struct names *names)
{
    if (names->count > 1)
        qsort(names->at, names->count, sizeof(struct slice), compare);
}

bool names_has(const struct names *names, struct slice name)
{
    return names->count > 0 &&
           bsearch(&name, names->at, names->count, sizeof(struct slice), compare) != NULL;
}
