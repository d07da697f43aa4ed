/*
 * src/kube from outside: one client, commands from the standard input, one JSON line as answer to each.
 *
 *   kube-call ADDRESS [name=value ...]   explicit settings: ca_file, token_file, connect_ms, total_ms,
 *                                        watch_life_ms, watch_silence_ms
 *   kube-call in-cluster [DIR]           from the environment
 *
 *   get NAME                 the object, kept for patch
 *   patch INDEX=FILE ...     of the object kept: the file's bytes as caBundle of an entry; and
 *         name=value, name=  an annotation to set or to remove; names hold a slash, entries do not
 *   watch NAME LINES         until LINES lines have come (0: to the end); a line "wake" for each
 *   cancel-watch NAME        is cancelled by another thread once a first line has come
 *   event REASON NOTE-FILE NAMESPACE POD [WEBHOOK UID]
 *   counters
 */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/file.h"
#include "base/num.h"
#include "base/time.h"
#include "http/http.h"
#include "kube/event.h"
#include "kube/webhook.h"

#define WORDS_MAX 80
#define LINE_SIZE 65536
#define TEXTS_MAX ((size_t)64 << 20)
#define MS 1000

struct driver {
    struct kube_client *client;
    struct kube_webhook *seen;
    struct buf texts; /* what is read for one command */
    unsigned long lines, lines_wanted;
    bool cancels;
};

static void say(json_t *object)
{
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    (void)printf("%s\n", text ? text : "{\"ok\":false,\"message\":\"cannot be shown as JSON\"}");
    (void)fflush(stdout);
    free(text);
    json_decref(object);
}

static json_t *text_json(struct slice text)
{
    return slice_is_present(text) ? json_stringn(text.ptr, text.len) : json_null();
}

static void say_result(struct driver *d, int rc, enum kube_failure failure, const struct error *err,
                       json_t *more)
{
    json_t *object = json_pack(
        "{s:b,s:s,s:s,s:s,s:s,s:I,s:I}", "ok", rc == 0, "failure", kube_failure_info(failure)->name,
        "advice", kube_failure_info(failure)->advice, "code", error_info(err->code)->name,
        "message", err->msg, "retry_after", (json_int_t)kube_client_retry_after(d->client),
        "server_time", (json_int_t)kube_client_server_time(d->client));
    if (object && more)
        (void)json_object_update(object, more);
    json_decref(more);
    say(object);
}

static json_t *webhook_json(const struct kube_webhook *w)
{
    json_t *entries = json_array(), *annotations = json_object();
    for (size_t i = 0; i < w->entry_count; i++) {
        const struct kube_webhook_entry *e = &w->entries[i];
        json_array_append_new(entries,
                              json_pack("{s:o,s:o,s:b}", "name", text_json(e->name), "ca_bundle",
                                        text_json(e->ca_bundle), "is_base64", e->ca_is_base64));
    }
    for (size_t i = 0; i < w->annotation_count; i++)
        json_object_setn_new(annotations, w->annotations[i].name.ptr, w->annotations[i].name.len,
                             text_json(w->annotations[i].value));
    return json_pack("{s:{s:o,s:o,s:o,s:o,s:o,s:o}}", "webhook", "name", text_json(w->name), "uid",
                     text_json(w->uid), "resource_version", text_json(w->resource_version),
                     "entries", entries, "annotations", annotations, "other_manager",
                     text_json(w->other_manager));
}

static void keep(struct driver *d, struct kube_webhook *w)
{
    kube_webhook_free(d->seen);
    d->seen = w;
}

static void do_get(struct driver *d, char **words, size_t count)
{
    struct kube_webhook *w = NULL;
    struct error err = ERROR_INIT;
    enum kube_failure failure;
    (void)count;
    int rc = kube_webhook_get(d->client, slice_of(words[1]), &w, &failure, &err);
    say_result(d, rc, failure, &err, rc == 0 ? webhook_json(w) : NULL);
    if (rc == 0)
        keep(d, w);
}

static int read_bundle(struct driver *d, const char *path, struct slice *ret, struct error *err)
{
    size_t at = d->texts.len;
    if (file_read(path, &d->texts, err) < 0)
        return -1;
    *ret = (struct slice){ d->texts.data ? d->texts.data + at : "", d->texts.len - at };
    return 0;
}

static int read_change(struct driver *d, char **words, size_t count, struct slice *bundles,
                       struct kube_annotation *annotations, size_t *ret_count, struct error *err)
{
    if (!buf_reserve(&d->texts, TEXTS_MAX / 2)) /* it may not move */
        return error_nomem(err);
    for (size_t i = 1; i < count; i++) {
        struct slice value = slice_of(words[i]), name = slice_cut(&value, '=');
        uint64_t index = 0;
        if (slice_contains(name, SLICE("/")))
            annotations[(*ret_count)++] =
                (struct kube_annotation){ name, value.len > 0 ? value : SLICE_ABSENT };
        else if (num_uint64(name, &index) != NUM_OK || index >= WORDS_MAX)
            return error_set(err, ERROR_USAGE, "what is '%s'", words[i]);
        else if (read_bundle(d, value.ptr, &bundles[index], err) < 0)
            return -1;
    }
    return 0;
}

static void do_patch(struct driver *d, char **words, size_t count)
{
    struct slice bundles[WORDS_MAX] = { { NULL, 0 } };
    struct kube_annotation annotations[WORDS_MAX];
    struct kube_webhook_change change = { .ca_bundles = bundles, .annotations = annotations };
    struct kube_webhook *w = NULL;
    struct error err = ERROR_INIT;
    enum kube_failure failure = KUBE_LOCAL;
    int rc = read_change(d, words, count, bundles, annotations, &change.annotation_count, &err);
    if (rc == 0 && !d->seen)
        rc = error_set(&err, ERROR_USAGE, "get comes first");
    if (rc == 0)
        rc = kube_webhook_patch(d->client, d->seen, &change, &w, &failure, &err);
    say_result(d, rc, failure, &err, rc == 0 ? webhook_json(w) : NULL);
    if (rc == 0)
        keep(d, w);
}

static void *cancel(void *arg)
{
    kube_client_cancel(arg);
    return NULL;
}

static bool on_line(void *arg)
{
    struct driver *d = arg;
    d->lines++;
    say(json_pack("{s:s}", "event", "wake"));
    if (d->cancels && d->lines == 1) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, cancel, d->client) == 0)
            (void)pthread_detach(thread);
    }
    return d->lines != d->lines_wanted;
}

static void run_watch(struct driver *d, const char *name, unsigned long lines, bool cancels)
{
    struct error err = ERROR_INIT;
    enum kube_failure failure;
    d->lines = 0;
    d->lines_wanted = lines;
    d->cancels = cancels;
    int rc = kube_webhook_watch(d->client, slice_of(name), on_line, d, &failure, &err);
    say_result(d, rc, failure, &err, json_pack("{s:I}", "lines", (json_int_t)d->lines));
}

static void do_watch(struct driver *d, char **words, size_t count)
{
    run_watch(d, words[1], count > 2 ? strtoul(words[2], NULL, 10) : 0, false);
}

static void do_cancel_watch(struct driver *d, char **words, size_t count)
{
    (void)count;
    run_watch(d, words[1], 0, true);
}

static void do_event(struct driver *d, char **words, size_t count)
{
    struct error err = ERROR_INIT;
    enum kube_failure failure = KUBE_LOCAL;
    struct kube_event event = {
        .is_warning = true,
        .reason = words[1],
        .action = "Try",
        .namespace = slice_of(words[3]),
        .pod = slice_of(words[4]),
        .webhook = slice_of(count > 5 ? words[5] : NULL),
        .webhook_uid = slice_of(count > 6 ? words[6] : NULL),
        .wall_us = time_wall_us(),
    };
    int rc = read_bundle(d, words[2], &event.note, &err);
    if (rc == 0)
        rc = kube_event_create(d->client, &event, &failure, &err);
    say_result(d, rc, failure, &err, NULL);
}

static void do_counters(struct driver *d, char **words, size_t count)
{
    const struct kube_counters *counters = kube_client_counters(d->client);
    json_t *failures = json_object();
    (void)words, (void)count;
    for (size_t i = 0; i < KUBE_FAILURE__COUNT; i++)
        json_object_set_new(failures, kube_failure_info((enum kube_failure)i)->name,
                            json_integer((json_int_t)atomic_load(&counters->failures[i])));
    say(json_pack("{s:b,s:I,s:o}", "ok", 1, "calls", (json_int_t)atomic_load(&counters->calls),
                  "failures", failures));
}

/* clang-format off */
static const struct {
    const char *name;
    size_t words_min;
    void (*run)(struct driver *d, char **words, size_t count);
} commands[] = {
    { "get",          2, do_get },
    { "patch",        1, do_patch },
    { "watch",        2, do_watch },
    { "cancel-watch", 2, do_cancel_watch },
    { "event",        5, do_event },
    { "counters",     1, do_counters },
};
/* clang-format on */

/* The words of a line, which becomes their memory. */
static size_t split(char *line, char **words)
{
    size_t count = 0;
    struct slice rest = slice_of(line);
    while (slice_is_present(rest) && count < WORDS_MAX) {
        size_t at = (size_t)(rest.ptr - line);
        struct slice word = slice_cut(&rest, ' ');
        line[at + word.len] = 0;
        if (word.len > 0)
            words[count++] = line + at;
    }
    return count;
}

static void run(struct driver *d, char *line)
{
    char *words[WORDS_MAX] = { NULL };
    line[strcspn(line, "\n")] = 0;
    size_t count = split(line, words);
    buf_clear(&d->texts);
    for (size_t i = 0; count > 0 && i < sizeof(commands) / sizeof(commands[0]); i++)
        if (strcmp(commands[i].name, words[0]) == 0 && count >= commands[i].words_min) {
            commands[i].run(d, words, count);
            return;
        }
    say(json_pack("{s:b,s:s}", "ok", 0, "message", "no such command"));
}

static void read_setting(struct kube_settings *set, const char *word)
{
    struct slice value = slice_of(word), name = slice_cut(&value, '=');
    const struct {
        const char *name;
        struct slice *text;
        int64_t *time;
    } rows[] = {
        { "ca_file", &set->ca_file, NULL },
        { "token_file", &set->token_file, NULL },
        { "connect_ms", NULL, &set->connect_timeout },
        { "total_ms", NULL, &set->total_timeout },
        { "watch_life_ms", NULL, &set->watch_life },
        { "watch_silence_ms", NULL, &set->watch_silence },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (slice_equal(name, slice_of(rows[i].name)) && rows[i].text)
            *rows[i].text = value;
        else if (slice_equal(name, slice_of(rows[i].name)))
            *rows[i].time = strtoll(value.ptr, NULL, 10) * MS;
}

static int make_client(int argc, char **argv, struct buf *memory, struct kube_client **ret,
                       struct error *err)
{
    struct kube_settings set = { .address = slice_of(argv[1]) };
    if (http_global_init(err) < 0)
        return -1;
    if (strcmp(argv[1], "in-cluster") == 0) {
        if (kube_settings_in_cluster(slice_of(argc > 2 ? argv[2] : NULL), memory, &set, err) < 0)
            return -1;
    } else {
        for (int i = 2; i < argc; i++)
            read_setting(&set, argv[i]);
    }
    if (kube_client_new(&set, ret, err) < 0)
        return -1;
    say(json_pack("{s:b,s:o,s:o}", "ok", 1, "address", text_json(set.address), "namespace",
                  text_json(set.namespace)));
    return 0;
}

int main(int argc, char **argv)
{
    static char line[LINE_SIZE];
    struct driver d = { .client = NULL };
    struct error err = ERROR_INIT;
    struct buf memory;
    buf_init(&memory, LINE_SIZE);
    buf_init(&d.texts, TEXTS_MAX);
    if (argc < 2 || make_client(argc, argv, &memory, &d.client, &err) < 0) {
        say(json_pack("{s:b,s:s,s:s}", "ok", 0, "code", error_info(err.code)->name, "message",
                      argc < 2 ? "usage: kube-call ADDRESS [name=value ...]" : err.msg));
        buf_done(&memory);
        return 1;
    }
    while (fgets(line, sizeof(line), stdin))
        run(&d, line);
    kube_webhook_free(d.seen);
    kube_client_free(d.client);
    buf_done(&d.texts);
    buf_done(&memory);
    return 0;
}
