#include "metrics/exposition.h"

#include "metrics/store.h"

#define US_PER_SECOND 1000000u

static const struct slice pod_words[METRICS_POD__COUNT] = {
    [METRICS_INIT_AND_SIDECAR] = SLICE_INIT("init_and_sidecar"),
    [METRICS_INIT_ONLY] = SLICE_INIT("init_only"),
    [METRICS_SIDECAR_ONLY] = SLICE_INIT("sidecar_only"),
    [METRICS_FAILED] = SLICE_INIT(""),
};

static void put_escaped(struct buf *out, struct slice value)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        if (c == '\n') {
            buf_put_lit(out, "\\n");
            continue;
        }
        if (c == '\\' || c == '"')
            buf_put_char(out, '\\');
        buf_put_char(out, c);
    }
}

static void put_name(struct buf *out, const struct metric *info, struct slice suffix)
{
    buf_put_slice(out, slice_of(info->name));
    buf_put_slice(out, suffix);
}

static void put_labels(struct buf *out, const struct metric *info, const struct slice *values)
{
    struct slice names = slice_of(info->labels);
    buf_put_char(out, '{');
    for (unsigned i = 0; slice_is_present(names); i++) {
        if (i > 0)
            buf_put_char(out, ',');
        buf_put_slice(out, slice_cut(&names, ','));
        buf_put_lit(out, "=\"");
        put_escaped(out, values[i]);
        buf_put_char(out, '"');
    }
    buf_put_char(out, '}');
}

static void put_value(struct buf *out, int64_t value)
{
    buf_put_char(out, ' ');
    buf_put_int(out, value);
    buf_put_char(out, '\n');
}

/* Microseconds as seconds, without zeros at the end. */
static void put_seconds(struct buf *out, uint64_t us)
{
    unsigned digits = 0;
    uint64_t rest = us % US_PER_SECOND;
    buf_put_int(out, (long long)(us / US_PER_SECOND));
    for (uint64_t unit = US_PER_SECOND / 10; rest > 0; rest %= unit, unit /= 10) {
        if (digits++ == 0)
            buf_put_char(out, '.');
        buf_put_char(out, (char)('0' + rest / unit));
    }
}

static void put_measure(struct buf *out, const struct metric *info, uint64_t value)
{
    if (info->kind == METRIC_SECONDS)
        put_seconds(out, value);
    else
        buf_put_int(out, (long long)value);
}

static void put_series(struct buf *out, const struct metric *info, struct metrics_series *series)
{
    for (unsigned i = 0; i < METRICS_SERIES_MAX; i++) {
        if (!series[i].is_shown)
            continue;
        put_name(out, info, SLICE(""));
        put_labels(out, info, series[i].labels);
        put_value(out, atomic_load_explicit(&series[i].value, memory_order_relaxed));
    }
}

static void put_histogram(struct buf *out, const struct metric *info, struct metrics_histogram *h)
{
    uint64_t total = 0;
    for (unsigned i = 0;; i++) {
        total += atomic_load_explicit(&h->buckets[i], memory_order_relaxed);
        put_name(out, info, SLICE("_bucket{le=\""));
        if (info->bounds[i] == 0)
            buf_put_lit(out, "+Inf");
        else
            put_measure(out, info, info->bounds[i]);
        buf_put_lit(out, "\"}");
        put_value(out, (int64_t)total);
        if (info->bounds[i] == 0)
            break;
    }
    put_name(out, info, SLICE("_sum"));
    buf_put_char(out, ' ');
    put_measure(out, info, atomic_load_explicit(&h->sum, memory_order_relaxed));
    buf_put_char(out, '\n');
    put_name(out, info, SLICE("_count"));
    put_value(out, (int64_t)total);
}

/* Series by namespace appear with their first count, as upstream's do. */
static void put_pods(struct buf *out, struct metrics *m, const struct metric *info,
                     enum metrics_pod first, enum metrics_pod last)
{
    unsigned count = namespace_set_count(&m->namespaces);
    for (unsigned i = 0; i <= count; i++) {
        unsigned number = i == count ? NAMESPACE_OTHER : i;
        for (unsigned what = first; what <= last; what++) {
            uint64_t value = atomic_load_explicit(&m->pods[number][what], memory_order_relaxed);
            if (value == 0)
                continue;
            struct slice labels[] = { namespace_set_name(&m->namespaces, number), pod_words[what] };
            put_name(out, info, SLICE(""));
            put_labels(out, info, labels);
            put_value(out, (int64_t)value);
        }
    }
}

static void put_metric(struct buf *out, struct metrics *m, enum metric_id id)
{
    const struct metric *info = metric_info(id);
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", info->name, info->help, info->name,
               metric_kind_word(info->kind));
    if (id == METRIC_INJECTIONS) {
        put_pods(out, m, info, METRICS_INIT_AND_SIDECAR, METRICS_SIDECAR_ONLY);
    } else if (id == METRIC_FAILED) {
        put_pods(out, m, info, METRICS_FAILED, METRICS_FAILED);
    } else if (metric_is_histogram(info)) {
        put_histogram(out, info, &m->histograms[id]);
    } else if (info->labels[0] != '\0') {
        put_series(out, info, m->series[id]);
    } else {
        put_name(out, info, SLICE(""));
        put_value(out, atomic_load_explicit(&m->plain[id], memory_order_relaxed));
    }
}

void exposition_put(struct metrics *m, struct buf *out)
{
    for (unsigned id = 0; id < METRIC__COUNT; id++)
        put_metric(out, m, id);
}
