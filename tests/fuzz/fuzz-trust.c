/*
 * A caBundle and annotations of any kind, and what replicas make of them.  The input is a list of steps, a byte
 * each, with what the step needs behind it:
 *
 *   0 number               that certificate into the bundle
 *   1 text NUL             text into the bundle
 *   2 number               a line with a marker into the bundle
 *   3 count                the bundle without its last bytes
 *   4                      the next entry
 *   5                      the entry is no base64
 *   6 number text NUL      a stamp of that certificate
 *   7 name NUL text NUL    an annotation
 *   8 number role until    an anchor of ours
 *   9 number unit          a stamp of that certificate, in so many units from now
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "base/time.h"
#include "cert/trust.h"
#include "support/fuzz-input.h"
#include "support/made-cert.h"
#include "support/review-check.h"
#include "support/trust-object.h"

#define NOW INT64_C(2000000000)
#define DAY ((int64_t)24 * 60 * 60)
#define CERTS 12u
#define STEPS_MAX 200
#define TEXT_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static struct made_cert certs[CERTS];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    for (unsigned i = 0; i < CERTS; i++)
        made_cert(&certs[i], .serial = i + 1, .from = NOW - DAY,
                  .to = i == 0 ? NOW - DAY / 2 : NOW + i * DAY, .is_ca = true, .is_fixed = true,
                  .name = "an anchor");
    return 0;
}

struct situation {
    struct trust_object object;
    size_t entry;
    struct trust_anchor ours[TRUST_HELD_MAX];
    const struct made_cert *cert_of[TRUST_HELD_MAX];
    size_t count;
};

static const struct made_cert *choose_cert(struct fuzz_input *in)
{
    return &certs[fuzz_choice(in, CERTS)];
}

static void put_stamp(struct situation *s, const struct made_cert *c, struct slice value)
{
    unsigned char hash[SHA256_SIZE];
    size_t size = sizeof(hash);
    struct buf name;
    buf_init(&name, TEXT_MAX);
    (void)gnutls_x509_crt_get_fingerprint(c->crt, GNUTLS_DIG_SHA256, hash, &size);
    buf_put_lit(&name, TRUST_STAMP_PREFIX);
    for (int i = 0; i < 8; i++)
        buf_printf(&name, "%02x", hash[i]);
    if (s->object.annotation_count < TRUST_OBJECT_ANNOTATIONS_MAX - 1)
        trust_object_annotate(&s->object, buf_slice(&name), value);
    buf_done(&name);
}

static void put_time(struct situation *s, struct fuzz_input *in)
{
    static const int64_t units[] = { 1, 60, 3600, DAY, 30 * DAY, 400 * DAY };
    char memory[32];
    struct buf text = buf_over(memory, sizeof(memory) - 1);
    const struct made_cert *c = choose_cert(in);
    int64_t unit = units[fuzz_choice(in, sizeof(units) / sizeof(units[0]))];
    time_put_rfc3339(&text, (NOW + ((int)fuzz_choice(in, 8) - 3) * unit) * 1000000, TIME_SECONDS);
    put_stamp(s, c, buf_slice(&text));
}

static void put_ours(struct situation *s, struct fuzz_input *in)
{
    const struct made_cert *c = choose_cert(in);
    unsigned role = fuzz_choice(in, 3), until = fuzz_choice(in, 256);
    if (s->count == TRUST_HELD_MAX)
        return;
    s->cert_of[s->count] = c;
    s->ours[s->count++] = (struct trust_anchor){ made_cert_pem(c), (enum trust_role)role,
                                                 NOW + ((int64_t)until - 30) * 600 };
}

static void put_marker(struct situation *s, struct fuzz_input *in)
{
    static const char *const lines[] = {
        "\n-----BEGIN CERTIFICATE-----\n",
        "\n-----END CERTIFICATE-----\n",
        "-----BEGIN X-----\n",
        "\n-----END X-----\n",
        "A: b\n",
        "\r\n",
    };
    const char *line = lines[fuzz_choice(in, sizeof(lines) / sizeof(lines[0]))];
    trust_object_add(&s->object, s->entry, slice_of(line));
}

static void one_step(struct situation *s, struct fuzz_input *in)
{
    struct buf *bundle = &s->object.bundles[s->entry];
    switch (fuzz_choice(in, 10)) {
    case 0:
        trust_object_add(&s->object, s->entry, made_cert_pem(choose_cert(in)));
        break;
    case 1:
        trust_object_add(&s->object, s->entry, fuzz_piece(in));
        break;
    case 2:
        put_marker(s, in);
        break;
    case 3: {
        size_t cut = fuzz_choice(in, 256);
        bundle->len -= cut < bundle->len ? cut : bundle->len;
        break;
    }
    case 4:
        s->entry += s->entry + 1 < TRUST_OBJECT_ENTRIES_MAX;
        break;
    case 5:
        s->object.is_base64[s->entry] = false;
        break;
    case 6: {
        const struct made_cert *c = choose_cert(in);
        put_stamp(s, c, fuzz_piece(in));
        break;
    }
    case 7: {
        struct slice name = fuzz_piece(in), value = fuzz_piece(in);
        if (s->object.annotation_count < TRUST_OBJECT_ANNOTATIONS_MAX - TRUST_HELD_MAX)
            trust_object_annotate(&s->object, name, value);
        break;
    }
    case 8:
        put_ours(s, in);
        break;
    default:
        put_time(s, in);
        break;
    }
}

static void plan(struct situation *s, struct trust_plan *ret)
{
    struct error err = ERROR_INIT;
    promise(trust_plan(trust_object_view(&s->object), s->ours, s->count, NOW, true, ret, &err) == 0,
            err.msg);
}

static bool is_held(const struct situation *s, const struct made_cert *c)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->cert_of[i] == c && s->ours[i].role == TRUST_HOLD)
            return true;
    return false;
}

/* Everybody decides alike; what was written is a fixed point. */
static void check(struct situation *s)
{
    struct trust_plan first, same, again;
    struct trust_object copy;
    trust_object_init(&copy, s->object.entry_count);
    trust_object_copy(&copy, &s->object);
    plan(s, &first);
    plan(s, &same);
    trust_object_patch(&copy, &same.change);
    trust_object_patch(&s->object, &first.change);
    promise(trust_object_equal(&copy, &s->object), "the same input gives the same output");
    for (size_t i = 0; i < s->object.entry_count; i++)
        promise(s->object.bundles[i].len <= CROWD_BYTES_MAX, "a bundle has a limit");
    plan(s, &again);
    promise(!again.is_needed && !again.is_repair, "nothing is to be written the second time");
    bool is_current = is_held(s, &certs[1]) && !is_held(s, &certs[0]);
    promise(!is_current || again.holds_all, "what is held is there afterwards");
    promise(again.anchors == first.anchors && again.anchors <= CROWD_ANCHORS_MAX,
            "so many anchors");
    trust_plan_done(&first);
    trust_plan_done(&same);
    trust_plan_done(&again);
    trust_object_done(&copy);
}

/* Another replica takes nothing away that the first one holds. */
static void check_another(struct situation *s)
{
    struct trust_plan other, again;
    struct error err = ERROR_INIT;
    struct trust_anchor own = { made_cert_pem(&certs[CERTS - 1]), TRUST_HOLD, NOW + DAY };
    bool is_stamped = s->object.annotation_count > 0;
    for (size_t i = 0; i < s->count; i++)
        if (s->cert_of[i] == &certs[CERTS - 1])
            return; /* an anchor of one replica alone */
    if (is_stamped || is_held(s, &certs[0]))
        return;
    promise(trust_plan(trust_object_view(&s->object), &own, 1, NOW, false, &other, &err) == 0,
            err.msg);
    trust_object_patch(&s->object, &other.change);
    plan(s, &again);
    promise(!again.is_needed || again.crowded_out > 0, "two replicas do not fight");
    trust_plan_done(&other);
    trust_plan_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = { data, size };
    struct situation s = { .entry = 0 };
    trust_object_init(&s.object, 1);
    for (int i = 0; i < STEPS_MAX && in.left > 0; i++)
        one_step(&s, &in);
    s.object.entry_count = s.entry + 1;
    check(&s);
    check_another(&s);
    trust_object_done(&s.object);
    return 0;
}
