#include "cert/files.h"

#include <limits.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"

static int read_whole(struct slice path, struct buf *out, struct error *err)
{
    char name[PATH_MAX];
    if (path.len == 0 || path.len >= sizeof(name) || memchr(path.ptr, '\0', path.len))
        return error_set(err, ERROR_USAGE, "'" SLICE_FMT "' is no file name", SLICE_ARG(path));
    memcpy(name, path.ptr, path.len);
    name[path.len] = '\0';
    return file_read(name, out, err);
}

static int load(struct slice cert_path, struct slice key_path, struct buf *cert, struct buf *key,
                struct cert_bundle **ret, struct error *err)
{
    if (read_whole(cert_path, cert, err) < 0 || read_whole(key_path, key, err) < 0)
        return -1;
    if (cert_bundle_from_pem(buf_slice(cert), buf_slice(key), ret, err) < 0)
        return error_wrap(err, "'" SLICE_FMT "' and '" SLICE_FMT "'", SLICE_ARG(cert_path),
                          SLICE_ARG(key_path));
    return 0;
}

int cert_files_load(struct slice cert_path, struct slice key_path, int64_t now,
                    struct cert_bundle **ret, struct error *err)
{
    struct buf cert, key;
    CLEANUP(cert_bundle_unref) struct cert_bundle *b = NULL;
    buf_init_secret(&cert, CERT_FILE_MAX); /* some keep the key in the same file */
    buf_init_secret(&key, CERT_FILE_MAX);
    int rc = load(cert_path, key_path, &cert, &key, &b, err);
    buf_done(&cert);
    buf_done(&key);
    if (rc < 0)
        return -1;
    if (cert_bundle_check_dates(b, now, err) < 0)
        return error_wrap(err, "'" SLICE_FMT "'", SLICE_ARG(cert_path));
    *ret = steal_ptr(b);
    return 0;
}
