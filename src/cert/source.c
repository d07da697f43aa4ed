#include "cert/source.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "cert/check.h"
#include "cert/files.h"
#include "cert/gnutls-util.h"
#include "cert/pem.h"
#include "cert/self-signed.h"

#define NOTES_MAX ((size_t)4 << 10)

void cert_issue_init(struct cert_issue *i)
{
    *i = (struct cert_issue){ 0 };
    buf_init(&i->anchor, CERT_ANCHOR_MAX);
    buf_init(&i->notes, NOTES_MAX);
}

void cert_issue_done(struct cert_issue *i)
{
    cert_bundle_unref(i->bundle);
    buf_done(&i->anchor);
    buf_done(&i->notes);
    cert_issue_init(i);
}

void cert_source_free(struct cert_source *s)
{
    if (s)
        s->kind->free(s);
}

static void free_plain(struct cert_source *s)
{
    free(s);
}

/* --- self-signed ------------------------------------------------------------------------------- */

struct self_source {
    struct cert_source head;
    size_t hosts_len;
    char hosts[]; /* as given */
};

static int self_issue(struct cert_source *s, int64_t now, struct cert_issue *ret,
                      enum vault_failure *ret_failure, struct error *err)
{
    const struct self_source *self = (const struct self_source *)s;
    *ret_failure = VAULT_LOCAL;
    ret->is_own = true;
    ret->issued = now;
    if (cert_self_signed((struct slice){ self->hosts, self->hosts_len }, now, &ret->anchor,
                         &ret->bundle, err) < 0)
        return -1;
    ret->anchor_ends = ret->bundle->not_after;
    return 0;
}

static const struct cert_source_kind self_kind = {
    .name = "self-signed",
    .is_local = true,
    .renews = true,
    .issue = self_issue,
    .free = free_plain,
};

int cert_source_self_signed(struct slice hosts, struct cert_source **ret, struct error *err)
{
    struct self_source *self = calloc(1, sizeof(*self) + hosts.len);
    if (!self)
        return error_nomem(err);
    self->head.kind = &self_kind;
    self->hosts_len = hosts.len;
    if (hosts.len > 0)
        memcpy(self->hosts, hosts.ptr, hosts.len);
    *ret = &self->head;
    return 0;
}

/* --- files ------------------------------------------------------------------------------------- */

struct file_identity {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed;
};

enum file_id { FILE_CERT, FILE_KEY, FILE_CA, FILE__COUNT };

/* All are looked at through their links: a mounted Secret swaps the directory behind "..data". */
struct file_source {
    struct cert_source head;
    struct file_identity seen[FILE__COUNT];
    char path[FILE__COUNT][PATH_MAX]; /* that of the CA may be empty */
    struct cert_hosts hosts;          /* borrows from the next */
    char hosts_text[];
};

static void identify(const struct file_source *files, struct file_identity ret[FILE__COUNT])
{
    struct stat found;
    for (int i = 0; i < FILE__COUNT; i++) {
        memset(&ret[i], 0, sizeof(ret[i]));
        if (stat(files->path[i], &found) == 0)
            ret[i] =
                (struct file_identity){ found.st_dev, found.st_ino, found.st_size, found.st_mtim };
    }
}

static bool is_same(const struct file_identity *a, const struct file_identity *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

static bool files_changed(struct cert_source *s)
{
    struct file_source *files = (struct file_source *)s;
    struct file_identity now[FILE__COUNT];
    identify(files, now);
    for (int i = 0; i < FILE__COUNT; i++)
        if (!is_same(&now[i], &files->seen[i]))
            return true;
    return false;
}

/* The issuing CA if the file has it, or the leaf if it is its own. */
static int find_anchor(const struct cert_bundle *b, struct cert_issue *ret, struct error *err)
{
    CLEANUP(gnutls_x509_crt_deinit) gnutls_x509_crt_t crt = NULL;
    unsigned at = b->chain_len > 1 ? 1 : 0;
    int rc = gnutls_pcert_export_x509((gnutls_pcert_st *)(uintptr_t)&b->chain[at], &crt);
    if (rc < 0)
        return gnutls_fail(err, "certificate", rc);
    if (at == 0 && gnutls_x509_crt_check_issuer(crt, crt) == 0)
        return 0;
    ret->anchor_ends = gnutls_x509_crt_get_expiration_time(crt);
    return cert_pem_put(crt, &ret->anchor, err);
}

static int put_anchors(struct slice pem, struct cert_issue *ret, struct error *err)
{
    struct cert_pem_list list = { .count = 0 };
    int rc = cert_pem_parse(pem, &list, err);
    for (unsigned i = 0; rc == 0 && i < list.count; i++)
        rc = cert_pem_put(list.at[i], &ret->anchor, err);
    if (rc == 0)
        ret->anchor_ends = cert_pem_not_after(&list);
    cert_pem_done(&list);
    return rc;
}

/* The anchor is given: the chain must lead to it. */
static int read_anchor(const char *path, int64_t now, struct cert_issue *ret, struct error *err)
{
    struct buf pem;
    struct cert_hosts any = { .count = 0 };
    buf_init(&pem, CERT_FILE_MAX);
    int rc = file_read(path, &pem, err);
    if (rc == 0)
        rc = put_anchors(buf_slice(&pem), ret, err);
    if (rc == 0)
        rc = cert_check(ret->bundle, &any, buf_slice(&ret->anchor), now, err);
    buf_done(&pem);
    return rc == 0 ? 0 : error_wrap(err, "'%s'", path);
}

/* It may be right for clients that are given a URL: no reason not to serve it. */
static int note_missing_host(const struct cert_hosts *hosts, struct cert_issue *ret,
                             struct error *err)
{
    CLEANUP(gnutls_x509_crt_deinit) gnutls_x509_crt_t leaf = NULL;
    int rc = gnutls_pcert_export_x509(&ret->bundle->chain[0], &leaf);
    if (rc < 0)
        return gnutls_fail(err, "certificate", rc);
    const struct cert_host *missing = cert_hosts_missing(hosts, leaf);
    if (missing)
        buf_printf(&ret->notes,
                   "the certificate is not for '" SLICE_FMT "' of -tls-auto-hosts: an API server "
                   "that asks for it says 'x509: certificate is valid for ..., not " SLICE_FMT
                   "', and no pod is injected\n",
                   SLICE_ARG(missing->text), SLICE_ARG(missing->text));
    return 0;
}

static int files_issue(struct cert_source *s, int64_t now, struct cert_issue *ret,
                       enum vault_failure *ret_failure, struct error *err)
{
    struct file_source *files = (struct file_source *)s;
    struct file_identity before[FILE__COUNT];
    *ret_failure = VAULT_LOCAL;
    identify(files, before); /* before reading: a change while we read is seen as one */
    ret->issued = now;
    int rc = cert_files_load(slice_of(files->path[FILE_CERT]), slice_of(files->path[FILE_KEY]), now,
                             &ret->bundle, err);
    if (rc == 0)
        rc = files->path[FILE_CA][0] ? read_anchor(files->path[FILE_CA], now, ret, err)
                                     : find_anchor(ret->bundle, ret, err);
    if (rc == 0)
        rc = note_missing_host(&files->hosts, ret, err);
    if (rc == 0)
        memcpy(files->seen, before, sizeof(before));
    return rc;
}

static const struct cert_source_kind files_kind = {
    .name = "files",
    .is_local = true,
    .issue = files_issue,
    .changed = files_changed,
    .free = free_plain,
};

static int copy_path(char ret[PATH_MAX], struct slice path, struct error *err)
{
    if (path.len == 0 || path.len >= PATH_MAX || memchr(path.ptr, '\0', path.len))
        return error_set(err, ERROR_USAGE, "'" SLICE_FMT "' is no file name", SLICE_ARG(path));
    memcpy(ret, path.ptr, path.len);
    return 0;
}

int cert_source_files(const struct cert_files_settings *set, struct cert_source **ret,
                      struct error *err)
{
    struct file_source *files = calloc(1, sizeof(*files) + set->hosts.len);
    if (!files)
        return error_nomem(err);
    files->head.kind = &files_kind;
    if (set->hosts.len > 0)
        memcpy(files->hosts_text, set->hosts.ptr, set->hosts.len);
    struct slice hosts = { files->hosts_text, set->hosts.len };
    if (copy_path(files->path[FILE_CERT], set->cert_path, err) < 0 ||
        copy_path(files->path[FILE_KEY], set->key_path, err) < 0 ||
        (set->ca_path.len > 0 && copy_path(files->path[FILE_CA], set->ca_path, err) < 0) ||
        cert_hosts_parse(hosts, &files->hosts, err) < 0) {
        free(files);
        return -1;
    }
    *ret = &files->head;
    return 0;
}
