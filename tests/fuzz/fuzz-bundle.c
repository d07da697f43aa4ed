/*
 * A certificate file and a key file of any kind.  The input is a list of steps, a byte each, with what the
 * step needs behind it, for the first text and, behind a 9, the second:
 *
 *   0 text NUL       text
 *   1 2 3            leaf, intermediate, root
 *   4 5              the leaf's key, another key
 *   7 place value    another byte, that far from the end
 *   8 count          without the last bytes
 *   9                now the key file
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cert/check.h"
#include "cert/pem.h"
#include "support/fuzz-input.h"
#include "support/made-cert.h"
#include "support/review-check.h"

#define NOW INT64_C(2000000000)
#define DAY ((int64_t)24 * 60 * 60)
#define STEPS_MAX 60
#define TEXT_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static struct made_cert leaf, middle, root, other;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    made_cert(&root, .name = "root", .is_ca = true, .from = NOW - DAY, .to = NOW + DAY);
    made_cert(&middle, .name = "middle", .is_ca = true, .issuer = &root, .from = NOW - DAY,
              .to = NOW + DAY);
    made_cert(&leaf, .name = "leaf", .hosts = "a.svc", .issuer = &middle, .is_fixed = true,
              .from = NOW - DAY, .to = NOW + DAY);
    made_cert(&other, .name = "other", .from = NOW - DAY, .to = NOW + DAY);
    return 0;
}

static void one_step(struct buf *text, unsigned what, struct fuzz_input *in)
{
    const struct made_cert *const of[] = { &leaf, &middle, &root, &leaf, &other };
    size_t place;
    switch (what) {
    case 0:
        buf_put_slice(text, fuzz_piece(in));
        break;
    case 7:
        place = fuzz_choice(in, 256);
        if (place < text->len)
            text->data[text->len - 1 - place] = (char)fuzz_choice(in, 256);
        break;
    case 8:
        place = fuzz_choice(in, 256);
        text->len -= place < text->len ? place : text->len;
        break;
    default:
        if (what <= 5)
            buf_put_slice(text, what < 4 ? made_cert_pem(of[what - 1])
                                         : buf_slice(&of[what - 1]->key_pem));
        break;
    }
}

static void check_list(struct slice pem)
{
    struct cert_pem_list list;
    struct error err = ERROR_INIT;
    struct buf text;
    buf_init(&text, TEXT_MAX);
    if (cert_pem_parse(pem, &list, &err) == 0) {
        promise(list.count > 0 && list.count <= CERT_PEM_CERTS_MAX, "a list has so many");
        for (unsigned i = 0; i < list.count; i++)
            promise(cert_pem_put(list.at[i], &text, &err) == 0, "what was read is written");
        (void)cert_pem_not_after(&list);
    } else {
        promise(list.count == 0, "nothing is left of what was refused");
        promise(err.code == ERROR_CRYPTO || err.code == ERROR_LIMIT, err.msg);
    }
    cert_pem_done(&list);
    buf_done(&text);
}

static void check_bundle(struct slice chain, struct slice key)
{
    struct cert_bundle *b = NULL;
    struct cert_hosts hosts;
    struct error err = ERROR_INIT, problem = ERROR_INIT;
    if (cert_bundle_from_pem(chain, key, &b, &err) < 0) {
        promise(!b, "outputs are untouched on failure");
        promise(err.code == ERROR_CRYPTO || err.code == ERROR_LIMIT, err.msg);
        promise(!slice_contains_nocase(slice_of(err.msg), SLICE("BEGIN")), "no key in a message");
        return;
    }
    promise(b->chain_len > 0 && b->chain_len <= CERT_CHAIN_MAX, "a chain has so many");
    promise(cert_hosts_parse(SLICE("a.svc"), &hosts, &err) == 0, "a host");
    if (cert_check(b, &hosts, made_cert_pem(&root), NOW, &problem) < 0)
        promise(problem.code == ERROR_CRYPTO && problem.msg[0], "what is wrong is told");
    cert_bundle_unref(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = { data, size };
    struct buf texts[2];
    unsigned at = 0;
    buf_init(&texts[0], TEXT_MAX);
    buf_init_secret(&texts[1], TEXT_MAX);
    for (int i = 0; i < STEPS_MAX && in.left > 0; i++) {
        unsigned what = fuzz_choice(&in, 10);
        if (what == 9)
            at = 1;
        else
            one_step(&texts[at], what, &in);
    }
    check_list(buf_slice(&texts[0]));
    check_bundle(buf_slice(&texts[0]), buf_slice(&texts[1]));
    buf_done(&texts[0]);
    buf_done(&texts[1]);
    return 0;
}
