#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/num.h"
#include "kube/kube.h"

#define USUAL_DIR "/var/run/secrets/kubernetes.io/serviceaccount"
#define NAMESPACE_MAX 256u

static int check_variables(struct slice host, struct slice port, struct error *err)
{
    uint64_t number;
    if (host.len == 0 || port.len == 0)
        return error_set(err, ERROR_USAGE,
                         "not in a cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT "
                         "are not set");
    if (num_uint64(port, &number) != NUM_OK || number == 0 || number > 65535)
        return error_set(err, ERROR_USAGE, "KUBERNETES_SERVICE_PORT is no port from 1 to 65535");
    return 0;
}

/* Where a text starts in *memory, which moves while it grows; NUL-terminated, for files. */
struct span {
    size_t at, len;
};

static struct span put_path(struct buf *memory, struct slice dir, const char *name)
{
    struct span span = { memory->len, 0 };
    buf_put_slice(memory, dir);
    buf_put_char(memory, '/');
    buf_put_slice(memory, slice_of(name));
    span.len = memory->len - span.at;
    buf_put_char(memory, 0);
    return span;
}

static struct span put_address(struct buf *memory, struct slice host, struct slice port)
{
    struct span span = { memory->len, 0 };
    bool is_ipv6 = slice_contains(host, SLICE(":")) && host.ptr[0] != '[';
    buf_put_lit(memory, "https://");
    buf_put_slice(memory, is_ipv6 ? SLICE("[") : SLICE(""));
    buf_put_slice(memory, host);
    buf_put_slice(memory, is_ipv6 ? SLICE("]:") : SLICE(":"));
    buf_put_slice(memory, port);
    span.len = memory->len - span.at;
    buf_put_char(memory, 0);
    return span;
}

/* It is only a convenience: a pod may well have its service account mounted without this file. */
static struct span put_namespace(struct buf *memory, struct slice dir)
{
    struct error ignored = ERROR_INIT;
    struct buf path, word;
    struct span span = { memory->len, 0 };
    buf_init(&path, dir.len + sizeof("/namespace"));
    buf_init(&word, NAMESPACE_MAX);
    (void)put_path(&path, dir, "namespace");
    if (path.failure == BUF_OK && file_read_word(path.data, "namespace", &word, &ignored) == 0) {
        buf_put_slice(memory, buf_slice(&word));
        span.len = memory->len - span.at;
    }
    buf_done(&path);
    buf_done(&word);
    return span;
}

static struct slice text_of(const struct buf *memory, struct span span)
{
    return (struct slice){ memory->data + span.at, span.len };
}

int kube_settings_in_cluster(struct slice dir, struct buf *memory, struct kube_settings *ret,
                             struct error *err)
{
    struct slice host = slice_of(getenv("KUBERNETES_SERVICE_HOST"));
    struct slice port = slice_of(getenv("KUBERNETES_SERVICE_PORT"));
    if (check_variables(host, port, err) < 0)
        return -1;
    if (dir.len == 0)
        dir = SLICE(USUAL_DIR);
    struct span address = put_address(memory, host, port);
    struct span token = put_path(memory, dir, "token");
    struct span ca = put_path(memory, dir, "ca.crt");
    struct span namespace = put_namespace(memory, dir);
    if (buf_check(memory, "the settings of the Kubernetes client", err) < 0)
        return -1;
    *ret = (struct kube_settings){
        .address = text_of(memory, address),
        .token_file = text_of(memory, token),
        .ca_file = text_of(memory, ca),
        .namespace = namespace.len > 0 ? text_of(memory, namespace) : SLICE_ABSENT,
    };
    return 0;
}
