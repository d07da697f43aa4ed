/*
 * bench-engine scan|engine|fresh CALLS FILE: works on one review CALLS times and prints, as JSON, how
 * long the median call took.
 *
 * scan is the scanner alone.  engine sees the same review again and again, as it does when a
 * workload's replicas start; fresh sees another role in each, so that no agent configuration is like
 * the one before.
 *
 * Memory is warm before the first measured call, and each of those is one call of measured_scan() or
 * measured_engine(): callgrind collects inside of them only (tests/bench/run), so that neither start-up
 * nor the clock counts.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/num.h"
#include "inject/inject.h"
#include "json/scan.h"

#define FILE_MAX ((size_t)16 << 20)
#define CALLS_MAX 1000000
#define WARM_CALLS 3
#define ROLE "\"vault.hashicorp.com/role\":\""

struct bench {
    struct buf review;
    char *role; /* a letter of the role, in the review */
    struct json_index index;
    struct inject_options options;
    struct inject_scratch *scratch;
    struct buf answer;
    struct inject_decision decision;
};

typedef int bench_call(struct bench *b, struct error *err);

struct mode {
    const char *name;
    bench_call *call;
    bench_call *measured; /* the same in a function that callgrind knows by its name */
    char change;          /* what is done to the letter of the role after each call */
};

static int scan(struct bench *b, struct error *err)
{
    return json_scan(&b->index, buf_slice(&b->review), err);
}

static int engine(struct bench *b, struct error *err)
{
    return inject_review(b->scratch, &b->options, buf_slice(&b->review), &b->answer, &b->decision,
                         err);
}

static __attribute__((noinline)) int measured_scan(struct bench *b, struct error *err)
{
    return scan(b, err);
}

static __attribute__((noinline)) int measured_engine(struct bench *b, struct error *err)
{
    return engine(b, err);
}

static const struct mode MODES[] = {
    { "scan", scan, measured_scan, 0 },
    { "engine", engine, measured_engine, 0 },
    { "fresh", engine, measured_engine, 'a' ^ 'A' },
};

static const struct mode *find_mode(const char *name)
{
    for (size_t i = 0; i < sizeof(MODES) / sizeof(MODES[0]); i++) {
        if (strcmp(MODES[i].name, name) == 0)
            return &MODES[i];
    }
    return NULL;
}

static int read_review(struct bench *b, const char *path, struct error *err)
{
    if (file_read(path, &b->review, err) < 0)
        return -1;
    char *role = memmem(b->review.data, b->review.len, ROLE, sizeof(ROLE) - 1);
    if (!role)
        return error_set(err, ERROR_SHAPE, "the review has no %s", ROLE);
    b->role = role + sizeof(ROLE) - 1;
    return 0;
}

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int compare_ns(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int measure(struct bench *b, const struct mode *mode, size_t calls, int64_t *ns,
                   struct error *err)
{
    for (int i = 0; i < WARM_CALLS; i++) {
        if (mode->call(b, err) < 0)
            return -1;
        *b->role ^= mode->change;
    }
    for (size_t i = 0; i < calls; i++) {
        int64_t begin = now_ns();
        if (mode->measured(b, err) < 0)
            return -1;
        ns[i] = now_ns() - begin;
        *b->role ^= mode->change;
    }
    qsort(ns, calls, sizeof(*ns), compare_ns);
    return 0;
}

/* What was measured shall be the whole work: an injection, not a refusal. */
static int check_decision(const struct bench *b, struct error *err)
{
    const struct inject_decision *d = &b->decision;
    if (d->outcome == INJECT_MUTATED && d->has_init && d->has_sidecar && d->secrets == 4)
        return 0;
    return error_set(err, ERROR_SHAPE, "not a full injection of four secrets");
}

static int run(struct bench *b, const struct mode *mode, size_t calls, struct error *err)
{
    int64_t *ns = calloc(calls, sizeof(*ns));
    if (!ns)
        return error_nomem(err);
    int rc = measure(b, mode, calls, ns, err);
    if (rc == 0 && mode->call == engine)
        rc = check_decision(b, err);
    if (rc == 0)
        (void)printf("{\"mode\": \"%s\", \"calls\": %zu, \"bytes\": %zu, \"answer_bytes\": %zu, "
                     "\"operations\": %u, \"median_ns\": %" PRId64 "}\n",
                     mode->name, calls, b->review.len, b->answer.len, b->decision.operations,
                     ns[calls / 2]);
    free(ns);
    return rc;
}

int main(int argc, char **argv)
{
    struct error err = ERROR_INIT;
    uint64_t calls = 0;
    const struct mode *mode = argc == 4 ? find_mode(argv[1]) : NULL;
    if (!mode || num_uint64(slice_of(argv[2]), &calls) != NUM_OK || calls < 1 ||
        calls > CALLS_MAX) {
        (void)fputs("usage: bench-engine scan|engine|fresh CALLS FILE\n", stderr);
        return 2;
    }
    struct bench b = { .scratch = inject_scratch_new() };
    buf_init(&b.review, FILE_MAX);
    buf_init(&b.answer, INJECT_ANSWER_MAX);
    json_index_init(&b.index);
    inject_options_init(&b.options);
    b.options.vault_address = SLICE("https://vault.vault.svc:8200");
    int rc = b.scratch ? read_review(&b, argv[3], &err) : error_nomem(&err);
    if (rc == 0)
        rc = run(&b, mode, calls, &err);
    if (rc < 0)
        (void)fprintf(stderr, "bench-engine: %s\n", err.msg);
    inject_scratch_free(b.scratch);
    json_index_done(&b.index);
    buf_done(&b.answer);
    buf_done(&b.review);
    return rc < 0 ? 1 : 0;
}
