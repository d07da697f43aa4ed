#include "cli/serve-cert.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/cert-choice.h"
#include "cli/options.h"
#include "cli/pki-settings.h"

#define US_PER_SECOND 1000000
#define TEXTS_MAX ((size_t)16 << 10)
#define HOST_NAME_SIZE 256
#define CERT_OUT_MODE 0644

/* --- the file for self-signed certificates -------------------------------------------------------- */

static int write_all(int fd, struct slice text)
{
    while (text.len > 0) {
        ssize_t n = write(fd, text.ptr, text.len);
        if (n < 0 && errno != EINTR)
            return -1;
        text = slice_after(text, n < 0 ? 0 : (size_t)n);
    }
    return 0;
}

/* Beside the target, then moved onto it: readers see the old file or the new one. */
static int write_file(struct slice path, struct slice text, struct error *err)
{
    char name[PATH_MAX], temporary[PATH_MAX];
    if (snprintf(name, sizeof(name), SLICE_FMT, SLICE_ARG(path)) >= (int)sizeof(name) ||
        snprintf(temporary, sizeof(temporary), SLICE_FMT ".XXXXXX", SLICE_ARG(path)) >=
            (int)sizeof(temporary))
        return error_set(err, ERROR_USAGE, "the file name is too long");
    cleanup_close int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return error_set(err, ERROR_IO, "cannot create '%s': %s", temporary, strerror(errno));
    if (write_all(fd, text) == 0 && fchmod(fd, CERT_OUT_MODE) == 0 && rename(temporary, name) == 0)
        return 0;
    error_set(err, ERROR_IO, "cannot write '%s': %s", name, strerror(errno));
    (void)unlink(temporary);
    return -1;
}

static int own_made(void *arg, struct slice pem, struct error *err)
{
    const struct serve_cert *s = arg;
    return s->own_out.len > 0 ? write_file(s->own_out, pem, err) : 0;
}

/* --- sources ------------------------------------------------------------------------------------- */

static struct slice if_given(struct slice text)
{
    return text.len > 0 ? text : SLICE_ABSENT;
}

static int make_vault(const struct server_settings *set, const struct cert_choice *choice,
                      struct cert_source **ret, struct error *err)
{
    struct cert_vault_settings settings;
    pki_settings(set, choice, &settings);
    return cert_source_vault(&settings, ret, err);
}

static int make_files(const struct server_settings *set, const struct cert_choice *choice,
                      struct cert_source **ret, struct error *err)
{
    struct cert_files_settings settings = {
        .cert_path = set->tls_cert_file,
        .key_path = set->tls_key_file,
        .ca_path = choice->publishes ? set->tls_ca_cert_file : SLICE_ABSENT,
        .hosts = set->tls_auto_hosts,
    };
    return cert_source_files(&settings, ret, err);
}

static int make_source(const struct server_settings *set, const struct cert_choice *choice,
                       struct cert_source **ret, struct error *err)
{
    switch (choice->source) {
    case CERT_SOURCE_VAULT:
        return make_vault(set, choice, ret, err);
    case CERT_SOURCE_FILES:
        return make_files(set, choice, ret, err);
    case CERT_SOURCE_SELF_SIGNED:
    default:
        return cert_source_self_signed(set->tls_auto_hosts, ret, err);
    }
}

/* --- the keeper ---------------------------------------------------------------------------------- */

static struct slice keep(struct buf *texts, struct slice text)
{
    size_t at = texts->len;
    buf_put_slice(texts, text);
    return (struct slice){ texts->data + at, texts->len - at };
}

/* Who we are, for Events. */
static int identify(struct serve_cert *s, const struct server_settings *set,
                    const struct kube_settings *kube, struct cert_keeper_settings *ret,
                    struct error *err)
{
    char host[HOST_NAME_SIZE] = "";
    struct slice pod = set->pod_name;
    if (pod.len == 0 && gethostname(host, sizeof(host) - 1) == 0)
        pod = slice_of(host);
    if (!buf_reserve(&s->texts, TEXTS_MAX)) /* slices into it stay */
        return error_nomem(err);
    ret->namespace = keep(&s->texts, kube->namespace.len > 0 ? kube->namespace : set->namespace);
    ret->pod = keep(&s->texts, pod);
    return buf_check(&s->texts, "the names of pod and namespace", err);
}

static int find_cluster(const struct server_settings *set, const struct cert_choice *choice,
                        struct buf *memory, struct kube_settings *kube, bool *ret_is_there,
                        struct error *err)
{
    *ret_is_there = choice->publishes;
    if (!choice->publishes) {
        /* Events alone are worth having, but no reason to fail. */
        struct error ignored = ERROR_INIT;
        *ret_is_there =
            choice->source == CERT_SOURCE_VAULT &&
            kube_settings_in_cluster(if_given(set->cert.kube_dir), memory, kube, &ignored) == 0;
        return 0;
    }
    if (kube_settings_in_cluster(if_given(set->cert.kube_dir), memory, kube, err) < 0)
        return error_wrap(err, "the caBundle of '" SLICE_FMT "'", SLICE_ARG(choice->webhook));
    return 0;
}

static int make_keeper(struct serve_cert *s, const struct server_settings *set,
                       const struct cert_choice *choice, struct cert_keeper_settings *keep_set,
                       struct error *err)
{
    CLEANUP(cert_source_free) struct cert_source *source = NULL;
    CLEANUP(cert_source_free) struct cert_source *fallback = NULL;
    if (make_source(set, choice, &source, err) < 0 ||
        (choice->has_fallback && cert_source_self_signed(set->tls_auto_hosts, &fallback, err) < 0))
        return -1;
    keep_set->source = steal_ptr(source);
    keep_set->fallback = steal_ptr(fallback);
    if (cert_keeper_new(keep_set, &s->keeper, err) < 0)
        return -1;
    s->is_vault = choice->source == CERT_SOURCE_VAULT;
    return 0;
}

static int set_up(struct serve_cert *s, const struct options *opt, const struct cert_choice *choice,
                  struct cert_store *store, struct buf *memory, struct error *err)
{
    const struct server_settings *set = &opt->server;
    struct kube_settings kube = { 0 };
    bool has_cluster = false;
    struct cert_keeper_settings settings = {
        .store = store,
        .webhook = choice->publishes ? choice->webhook : SLICE(""),
        .settle = (set->cert.publish_settle + US_PER_SECOND - 1) / US_PER_SECOND,
        .own_made = own_made,
        .arg = s,
    };
    if (find_cluster(set, choice, memory, &kube, &has_cluster, err) < 0 ||
        identify(s, set, &kube, &settings, err) < 0)
        return -1;
    settings.kube = has_cluster ? &kube : NULL;
    s->own_out = set->tls_self_signed_out;
    return make_keeper(s, set, choice, &settings, err);
}

static void log_warnings(const struct buf *warnings)
{
    struct slice rest = buf_slice(warnings), warning;
    while (options_next_warning(&rest, &warning))
        log_write(LOG_LEVEL_WARN, "setting", LOG_FIELDS(log_string("detail", warning)));
}

int serve_cert_init(struct serve_cert *s, const struct options *opt, struct cert_store *store,
                    struct error *err)
{
    struct cert_choice choice;
    struct buf warnings, memory;
    *s = (struct serve_cert){ 0 };
    buf_init(&s->texts, TEXTS_MAX);
    buf_init(&warnings, OPTIONS_WARNINGS_MAX);
    buf_init(&memory, TEXTS_MAX);
    int rc = cert_choose(opt, &choice, &warnings, err);
    if (rc == 0) {
        log_warnings(&warnings);
        rc = set_up(s, opt, &choice, store, &memory, err);
    }
    buf_done(&warnings);
    buf_done(&memory);
    return rc == 0 ? 0 : error_wrap(err, "serving certificate");
}

void serve_cert_done(struct serve_cert *s)
{
    cert_keeper_free(s->keeper);
    s->keeper = NULL;
    buf_done(&s->texts);
}
