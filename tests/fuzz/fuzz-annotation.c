/*
 * Annotations of a fixed pod, chosen from the table by the bytes: the engine's promises hold, and the
 * order of the annotations does not matter.
 *
 * Input: a byte for the options, one for the pod, then for each annotation a byte for its row, one for
 * prefix and suffix, one for its value, which above LITERAL is a length with the text behind it.
 */

#include <stdint.h>

#include "base/arena.h"
#include "inject/annotation.h"
#include "support/fuzz-input.h"
#include "support/option-sets.h"
#include "support/review-check.h"

#define ANNOTATIONS_MAX 64u
#define BODY_MAX ((size_t)1 << 20)
#define LITERAL 160u /* value bytes from here on */
#define CHOICES 256u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct pair {
    struct slice name, value;
};

#define COUNT(array) ((unsigned)(sizeof(array) / sizeof(array[0])))

#define TOKEN_MOUNT \
    "{\"name\":\"token\",\"mountPath\":\"/var/run/secrets/kubernetes.io/serviceaccount\"}"
#define TOKEN_VOLUME                                                                      \
    "{\"name\":\"token\",\"projected\":{\"sources\":[{\"serviceAccountToken\":{\"path\":" \
    "\"token\"}}]}}"

/* What stands behind the metadata of each pod. */
static const char *const pods[] = {
    "\"spec\":{\"containers\":[{\"name\":\"app\",\"volumeMounts\":[" TOKEN_MOUNT
    "]}],\"volumes\":[" TOKEN_VOLUME "]}",
    "\"spec\":{\"containers\":[{\"name\":\"app\",\"securityContext\":{\"runAsUser\":77},"
    "\"env\":[{\"name\":\"AWS_REGION\",\"value\":\"eu\"},{\"name\":\"AWS_ROLE_ARN\","
    "\"valueFrom\":{}}],\"volumeMounts\":[" TOKEN_MOUNT ",{\"name\":\"d\",\"mountPath\":\"/d\"}]},"
    "{\"name\":\"a\"}],\"initContainers\":[{\"name\":\"first\",\"volumeMounts\":null}],"
    "\"volumes\":[" TOKEN_VOLUME ",{\"name\":\"d\"}],\"shareProcessNamespace\":true}",
    "\"spec\":{\"shareProcessNamespace\":false,\"containers\":[{\"name\":\"b\",\"volumeMounts\":[{"
    "\"name\":\"odd\",\"mountPath\":\"/var/run/secrets/kubernetes.io/serviceaccount\"}]}]}",
    "\"spec\":{\"containers\":[{\"name\":\"vault-agent\",\"volumeMounts\":[" TOKEN_MOUNT
    "]}],\"initContainers\":[{\"name\":\"vault-agent-init\"}]},\"status\":{\"phase\":\"Pending\"}",
    "\"spec\":{\"containers\":null,\"initContainers\":[],\"volumes\":null}",
};

static const char *const suffixes[] = {
    "",
    "-a",
    "-b",
    "-A",
    "-a-b",
    "-a_b",
    "-file-a",
    "-",
    "-../up",
    "-\xc3\x84",
    "-role",
    "-region",
    "-token-path",
    "-prometheus-retention-time",
    "-disable-hostname",
    "-maximum-gauge-cardinality",
};

static const char *const values[] = {
    "true",
    "false",
    "",
    " ",
    "1",
    "0",
    "-1",
    "yes",
    "a",
    "b",
    "a,b",
    ",",
    "app,a,,nobody",
    "token",
    "d",
    "app",
    "first",
    "map",
    "json",
    "JSON",
    "kubernetes",
    "aws",
    "approle",
    "injected",
    "/vault/secrets",
    "/",
    "..",
    "../../etc/passwd",
    "/a//b/./c/",
    "secret/data/a",
    "secret/\"}}{{ env \\\"PATH\\\" }}",
    "{{ with secret \"a\" }}{{ .Data }}{{ end }}\n",
    "[[",
    "]]",
    "10m",
    "1h30m5.5s",
    "-5s",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "0.75",
    "NaN",
    "+Inf",
    "0x1p-1074",
    "1e309",
    "250m",
    "64Mi",
    "1e3",
    "half",
    "0644",
    "debug",
    "force",
    "8200",
    "kill -HUP 1; echo \"\\",
    "\x1b[31mred\n",
    "\xe2\x80\xae",
    "{\"a\":[1,\"b\",true]}",
    "[1.50,2]",
    "[]",
    "[{\"op\":\"add\",\"path\":\"/tty\",\"value\":true}]",
    "[{\"op\":\"replace\",\"path\":\"/image\",\"value\":\"other\"}]",
    "[{\"op\":\"remove\",\"path\":\"/image\"},{\"op\":\"copy\",\"from\":\"/env\",\"path\":\"/x\"}]",
    "[{\"op\":\"replace\",\"path\":\"\",\"value\":{\"name\":\"x\"}}]",
    "[{\"op\":\"add\",\"path\":\"/env/-\",\"value\":{\"name\":1}}]",
    "[{\"op\":\"add\",\"path\":\"/resources/limits/cpu\",\"value\":1e400}]",
    "[{\"op\":\"merge\"}]",
};

static struct slice make_name(struct fuzz_input *in, struct arena *arena)
{
    unsigned row = fuzz_choice(in, CHOICES), how = fuzz_choice(in, CHOICES);
    struct slice prefix = annotation_prefix((enum annotation_prefix)(how & 1));
    struct slice suffix = slice_of(suffixes[(how >> 1) % COUNT(suffixes)]);
    struct slice name = SLICE("agent-inject-sekret");
    if (row < ANNOTATION__COUNT)
        name = annotation_info((enum annotation_id)row)->name;
    if (row < ANNOTATION__COUNT &&
        annotation_info((enum annotation_id)row)->kind == ANNOTATION_EXACT)
        suffix = SLICE("");
    return arena_printf(arena, SLICE_FMT SLICE_FMT SLICE_FMT, SLICE_ARG(prefix), SLICE_ARG(name),
                        SLICE_ARG(suffix));
}

static struct slice make_value(struct fuzz_input *in)
{
    unsigned choice = fuzz_choice(in, CHOICES);
    if (choice >= LITERAL)
        return fuzz_bytes(in, choice - LITERAL);
    return slice_of(values[choice % COUNT(values)]);
}

static bool has_name(const struct pair *pairs, unsigned count, struct slice name)
{
    for (unsigned i = 0; i < count; i++) {
        if (slice_equal(pairs[i].name, name))
            return true;
    }
    return false;
}

/* agent-inject and role come first and may be overruled only by their own twins. */
static unsigned make_pairs(struct fuzz_input *in, struct arena *arena, struct pair *pairs)
{
    unsigned count = 2;
    pairs[0] = (struct pair){ SLICE("vault.hashicorp.com/agent-inject"), SLICE("true") };
    pairs[1] = (struct pair){ SLICE("openbao.org/role"), SLICE("r") };
    while (in->left > 0 && count < ANNOTATIONS_MAX) {
        struct pair p = { .name = make_name(in, arena) };
        p.value = make_value(in);
        promise(slice_is_present(p.name), "memory for a name");
        if (!has_name(pairs, count, p.name))
            pairs[count++] = p;
    }
    return count;
}

static struct slice make_body(struct buf *out, const struct pair *pairs, unsigned count,
                              bool is_reversed, const char *pod)
{
    buf_clear(out);
    buf_put_lit(out, "{\"request\":{\"uid\":\"u\",\"namespace\":\"apps\",\"object\":{"
                     "\"metadata\":{\"name\":\"p\",\"annotations\":{");
    for (unsigned i = 0; i < count; i++) {
        const struct pair *p = &pairs[is_reversed ? count - 1 - i : i];
        if (i > 0)
            buf_put_char(out, ',');
        fuzz_put_string(out, p->name);
        buf_put_char(out, ':');
        fuzz_put_string(out, p->value);
    }
    buf_put_lit(out, "}},");
    buf_put_slice(out, slice_of(pod));
    buf_put_lit(out, "}}}");
    promise(out->failure == BUF_OK, "memory for a review");
    return buf_slice(out);
}

static void check_pairs(struct review_check *check, const struct inject_options *opt,
                        const struct pair *pairs, unsigned count, const char *pod)
{
    struct buf body;
    buf_init(&body, BODY_MAX);
    review_check(check, opt, make_body(&body, pairs, count, false, pod));
    int rc = review_run(&check->again, opt, make_body(&body, pairs, count, true, pod));
    promise(rc == check->run.rc && (rc < 0 || slice_equal(buf_slice(&check->run.answer),
                                                          buf_slice(&check->again.answer))),
            "the order of annotations changes nothing");
    buf_done(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct review_check check;
    struct fuzz_input in = { data, size };
    struct pair pairs[ANNOTATIONS_MAX];
    struct inject_options opt;
    struct arena arena;
    if (!check.run.scratch)
        review_check_init(&check);
    arena_init(&arena, BODY_MAX);
    option_set(fuzz_choice(&in, OPTION_SETS), &opt);
    const char *pod = pods[fuzz_choice(&in, COUNT(pods))];
    unsigned count = make_pairs(&in, &arena, pairs);
    check_pairs(&check, &opt, pairs, count, pod);
    arena_done(&arena);
    return 0;
}
