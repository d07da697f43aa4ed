#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define BLOCK_SIZE_MIN ((size_t)16 << 10)
#define ALIGNMENT _Alignof(max_align_t)

struct arena_block {
    struct arena_block *next;
    size_t cap;
    size_t len;
    max_align_t data[];
};

void arena_init(struct arena *a, size_t max)
{
    *a = (struct arena){ .max = max < ARENA_MAX ? max : ARENA_MAX };
}

/* The largest block that may be kept, or NULL. */
static struct arena_block *block_to_keep(struct arena_block *block)
{
    struct arena_block *best = NULL;
    for (; block; block = block->next) {
        if (block->cap <= ARENA_KEEP && (!best || block->cap > best->cap))
            best = block;
    }
    return best;
}

void arena_clear(struct arena *a)
{
    struct arena_block *kept = block_to_keep(a->blocks);
    for (struct arena_block *block = a->blocks, *next; block; block = next) {
        next = block->next;
        if (block != kept)
            free(block);
    }
    if (kept)
        *kept = (struct arena_block){ .cap = kept->cap };
    *a = (struct arena){ .blocks = kept, .max = a->max };
}

void arena_done(struct arena *a)
{
    for (struct arena_block *block = a->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    *a = (struct arena){ .max = a->max };
}

/*
 * Each block is at least twice as large as all that is handed out up to and with its first piece: few
 * blocks, and the one that arena_clear() keeps is large enough for the same work the next time or the
 * time after.
 */
static struct arena_block *add_block(struct arena *a, size_t n)
{
    size_t cap = 2 * (a->used + n);
    if (cap < BLOCK_SIZE_MIN)
        cap = BLOCK_SIZE_MIN;
    struct arena_block *block = malloc(sizeof(*block) + cap);
    a->full = 0;
    if (!block) {
        a->starved = 1;
        return NULL;
    }
    *block = (struct arena_block){ .next = a->blocks, .cap = cap };
    a->blocks = block;
    return block;
}

void *arena_alloc(struct arena *a, size_t n)
{
    if (n > a->max) {
        a->full = 1;
        return NULL;
    }
    n = (n + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    if (n > a->max - a->used) {
        a->full = 1;
        return NULL;
    }
    struct arena_block *block = a->blocks;
    if (!block || block->cap - block->len < n)
        block = add_block(a, n);
    if (!block)
        return NULL;
    void *piece = (char *)block->data + block->len;
    block->len += n;
    a->used += n;
    return piece;
}

struct slice arena_copy(struct arena *a, struct slice s)
{
    char *copy = arena_alloc(a, s.len + 1);
    if (!copy)
        return SLICE_ABSENT;
    if (s.len > 0)
        memcpy(copy, s.ptr, s.len);
    copy[s.len] = '\0';
    return (struct slice){ copy, s.len };
}

struct slice arena_vprintf(struct arena *a, const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    char *text = n < 0 ? NULL : arena_alloc(a, (size_t)n + 1);
    if (text)
        (void)vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(again);
    return text ? (struct slice){ text, (size_t)n } : SLICE_ABSENT;
}

struct slice arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    struct slice text = arena_vprintf(a, fmt, args);
    va_end(args);
    return text;
}

int arena_error(const struct arena *a, struct error *err)
{
    if (a->full)
        return error_set(err, ERROR_LIMIT, "more than %zu bytes of working memory are needed",
                         a->max);
    return error_nomem(err);
}
