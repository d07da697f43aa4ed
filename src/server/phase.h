#ifndef SRC_SERVER_PHASE_H
#define SRC_SERVER_PHASE_H

/*
 * What a connection is doing, and since when, in one atomic word.
 *
 * The worker's thread enters phases; the reaper and the acceptor read them, mark a request as
 * stalled or its answer as unread, and mark a connection as shot, each by a compare-and-swap that
 * fails when the worker was faster.  Times are monotonic microseconds.
 */

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum phase {
    PHASE_HANDSHAKE, /* since the connection was taken */
    PHASE_FRESH,     /* shaken hands, no request yet */
    PHASE_IDLE,      /* between requests */
    PHASE_HEAD,      /* a request's head is arriving; since its first byte was noticed */
    PHASE_DISCARD,   /* its body is arriving, and counts for nothing; since the same moment */
    PHASE_BODY,      /* its body is arriving, and it is in flight */
    PHASE_STALLED,   /* the same, for too long to be in flight any more */
    PHASE_ANSWER,    /* the whole request is here, the answer on its way; in flight */
    PHASE_UNREAD,    /* the same, not taken by the client for too long to be in flight any more */
    PHASE__COUNT
};

#define PHASE_MASK ((uint64_t)15)
#define PHASE_SHOT ((uint64_t)16) /* shut down by us; libmicrohttpd will notice */
#define PHASE_BITS 5

static_assert((uint64_t)PHASE__COUNT <= PHASE_MASK + 1, "a phase fits below the shot");

typedef _Atomic uint64_t phase_word;

static inline enum phase phase_of(uint64_t word)
{
    return (enum phase)(word & PHASE_MASK);
}

static inline bool phase_is_shot(uint64_t word)
{
    return (word & PHASE_SHOT) != 0;
}

static inline int64_t phase_since(uint64_t word)
{
    return (int64_t)(word >> PHASE_BITS);
}

static inline uint64_t phase_make(enum phase phase, int64_t since_us)
{
    return (uint64_t)since_us << PHASE_BITS | (uint64_t)phase;
}

/* The worker's own step; returns the phase before.  A shot stays a shot. */
static inline enum phase phase_enter(phase_word *at, enum phase phase, int64_t since_us)
{
    uint64_t old = atomic_load_explicit(at, memory_order_relaxed);
    uint64_t fresh;
    do
        fresh = phase_make(phase, since_us) | (old & PHASE_SHOT);
    while (!atomic_compare_exchange_weak(at, &old, fresh));
    return phase_of(old);
}

/* Another thread's step, on what it saw; false when the worker has gone on meanwhile. */
static inline bool phase_replace(phase_word *at, uint64_t seen, uint64_t fresh)
{
    return atomic_compare_exchange_strong(at, &seen, fresh);
}

#endif
