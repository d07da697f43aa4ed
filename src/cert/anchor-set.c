#include "cert/anchor-set.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/sha256.h"
#include "cert/gnutls-util.h"
#include "cert/pem-block.h"
#include "cert/pem.h"

#define BLOCK_MIN 53 /* bytes of both markers of a certificate with their ends of line */
#define ROOM_FIRST 32u
#define DECODE_SPARE 16 /* bytes; a group of three may end behind 3/4 of a short text */

void anchor_set_init(struct anchor_set *s)
{
    *s = (struct anchor_set){ 0 };
    buf_init(&s->texts, ANCHOR_SET_TEXT_MAX);
    buf_init(&s->scratch, ANCHOR_SET_TEXT_MAX);
    arena_init(&s->arena, ANCHOR_SET_MEMORY_MAX);
}

void anchor_set_done(struct anchor_set *s)
{
    free(s->at);
    buf_done(&s->texts);
    buf_done(&s->scratch);
    arena_done(&s->arena);
}

struct slice anchor_set_text(const struct anchor_set *s, const struct anchor *a)
{
    return (struct slice){ s->texts.data + a->text_at, a->text_len };
}

size_t anchor_list_size(const struct anchor_set *s, const struct anchor_list *l)
{
    size_t size = 0;
    for (size_t i = 0; i < l->count; i++)
        size += s->at[l->at[i]].text_len;
    return size;
}

bool anchor_list_has(const struct anchor_list *l, unsigned place)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->at[i] == place)
            return true;
    return false;
}

/* The bytes of a block, in s->scratch behind their base64; absent when they are not base64. */
static int decode(struct anchor_set *s, struct slice body, struct slice *ret, struct error *err)
{
    struct buf *b = &s->scratch;
    buf_clear(b);
    if (!buf_reserve(b, 2 * body.len + DECODE_SPARE)) /* so that it does not move below */
        return buf_check(b, "a block of the bundle", err);
    for (size_t i = 0; i < body.len; i++)
        if (body.ptr[i] != ' ' && body.ptr[i] != '\t')
            buf_put_char(b, body.ptr[i]);
    struct slice text = buf_slice(b);
    bool is_base64 = base64_decode(b, text);
    *ret = is_base64 ? slice_after(buf_slice(b), text.len) : SLICE_ABSENT;
    return buf_check(b, "a block of the bundle", err);
}

/* Its end and its text. */
static int read_certificate(struct anchor_set *s, struct slice der, struct anchor *ret,
                            struct error *err)
{
    CLEANUP(gnutls_x509_crt_deinit) gnutls_x509_crt_t crt = NULL;
    gnutls_datum_t bytes = gnutls_datum_of(der);
    int rc = gnutls_x509_crt_init(&crt);
    if (rc >= 0)
        rc = gnutls_x509_crt_import(crt, &bytes, GNUTLS_X509_FMT_DER);
    if (rc < 0)
        return gnutls_fail(err, "certificate", rc);
    ret->not_after = gnutls_x509_crt_get_expiration_time(crt);
    if (ret->not_after == -1)
        return error_set(err, ERROR_CRYPTO, "certificate: dates cannot be read");
    ret->text_at = s->texts.len;
    if (cert_pem_put(crt, &s->texts, err) < 0)
        return -1;
    ret->text_len = s->texts.len - ret->text_at;
    return 0;
}

static int grow(struct anchor_set *s, struct error *err)
{
    size_t room = s->room > 0 ? 2 * s->room : ROOM_FIRST;
    struct anchor *at = realloc(s->at, room * sizeof(*at));
    if (!at)
        return error_nomem(err);
    s->at = at;
    s->room = room;
    return 0;
}

static size_t find(const struct anchor_set *s, const unsigned char hash[ANCHOR_HASH_SIZE])
{
    size_t i = 0;
    while (i < s->count && memcmp(s->at[i].hash, hash, ANCHOR_HASH_SIZE) != 0)
        i++;
    return i;
}

/* The certificate's place; -1 with ERROR_CRYPTO for what is none, with another error when we must stop. */
static int put(struct anchor_set *s, struct slice der, unsigned *ret, struct error *err)
{
    struct anchor fresh = { 0 };
    sha256(der, fresh.hash);
    size_t place = find(s, fresh.hash);
    if (place == s->count) {
        if (place == ANCHOR_SET_MAX) {
            s->overflow++;
            return error_set(err, ERROR_CRYPTO, "more than %u certificates", ANCHOR_SET_MAX);
        }
        if ((place == s->room && grow(s, err) < 0) || read_certificate(s, der, &fresh, err) < 0)
            return -1;
        s->at[s->count++] = fresh;
    }
    *ret = (unsigned)place;
    return 0;
}

static int read_block(struct anchor_set *s, const struct pem_block *block, struct anchor_list *list,
                      struct error *err)
{
    struct slice der = SLICE_ABSENT;
    struct error problem = ERROR_INIT;
    unsigned place = 0;
    if (block->may_be_certificate && decode(s, block->body, &der, err) < 0)
        return -1;
    if (der.len == 0) {
        list->is_plain = false;
        return 0;
    }
    if (put(s, der, &place, &problem) < 0) {
        list->is_plain = false;
        if (problem.code == ERROR_CRYPTO)
            return 0;
        *err = problem;
        return -1;
    }
    if (!anchor_list_has(list, place))
        list->at[list->count++] = place;
    return 0;
}

int anchor_set_read(struct anchor_set *s, struct slice pem, size_t spare, struct anchor_list *ret,
                    struct error *err)
{
    struct anchor_list list = { .is_plain = true };
    struct pem_block block;
    size_t most = pem.len / BLOCK_MIN + 1;
    list.room = (most < ANCHOR_SET_MAX ? most : ANCHOR_SET_MAX) + spare;
    list.at = arena_alloc(&s->arena, list.room * sizeof(*list.at));
    if (!list.at)
        return arena_error(&s->arena, err);
    while (pem_block_next(&pem, &block, &list.is_plain))
        if (read_block(s, &block, &list, err) < 0)
            return -1;
    *ret = list;
    return 0;
}
