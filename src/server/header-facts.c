#include "server/header-facts.h"

#include <string.h>

#include <microhttpd.h>

typedef void take_fn(struct header_facts *facts, struct slice value);

static void take_content_type(struct header_facts *facts, struct slice value)
{
    if (!slice_is_present(facts->content_type))
        facts->content_type = value;
}

static void take_content_encoding(struct header_facts *facts, struct slice value)
{
    if (!slice_is_present(facts->content_encoding) &&
        !slice_equal_nocase(slice_trim(value), SLICE("identity")))
        facts->content_encoding = value;
}

static void take_transfer_encoding(struct header_facts *facts, struct slice value)
{
    facts->codings++;
    facts->transfer_encoding = value;
}

static void take_content_length(struct header_facts *facts, struct slice value)
{
    if (facts->lengths++ == 0)
        facts->content_length = value;
    else if (!slice_equal(facts->content_length, value))
        facts->lengths_differ = true;
}

static void take_host(struct header_facts *facts, struct slice value)
{
    (void)value;
    facts->hosts++;
}

static void take_expect(struct header_facts *facts, struct slice value)
{
    (void)value;
    facts->has_expect = true;
}

static const struct {
    struct slice name;
    take_fn *take;
} rows[] = {
    { SLICE_INIT("Content-Type"), take_content_type },
    { SLICE_INIT("Content-Encoding"), take_content_encoding },
    { SLICE_INIT("Content-Length"), take_content_length },
    { SLICE_INIT("Transfer-Encoding"), take_transfer_encoding },
    { SLICE_INIT("Host"), take_host },
    { SLICE_INIT("Expect"), take_expect },
};

/* RFC 9110 section 5.6.2: tchar. */
static bool is_token(struct slice name)
{
    static const char marks[] = "!#$%&'*+.^_`|~";
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool is_plain =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
        if (!is_plain && (c == '\0' || !strchr(marks, c)))
            return false;
    }
    return name.len > 0;
}

static enum MHD_Result take_header(void *cls, enum MHD_ValueKind kind, const char *key,
                                   size_t key_size, const char *value, size_t value_size)
{
    (void)kind;
    struct header_facts *facts = cls;
    struct slice name = { key, key_size };
    struct slice text = { value ? value : "", value ? value_size : 0 };
    if (!is_token(name) || memchr(text.ptr, '\0', text.len))
        facts->has_bad_name = true;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (slice_equal_nocase(rows[i].name, name))
            rows[i].take(facts, text);
    return MHD_YES;
}

void header_facts_read(struct MHD_Connection *c, struct header_facts *ret)
{
    *ret = (struct header_facts){ .hosts = 0 };
    MHD_get_connection_values_n(c, MHD_HEADER_KIND, take_header, ret);
}

struct header_verdict header_facts_check(const struct header_facts *facts, struct slice version)
{
    bool is_old = slice_equal(version, SLICE("HTTP/1.0"));
    bool is_chunked = slice_equal_nocase(slice_trim(facts->transfer_encoding), SLICE("chunked"));
    const struct {
        bool is_wrong;
        const char *text;
    } checks[] = {
        { facts->has_bad_name, "invalid header" },
        { facts->hosts > 1 || (facts->hosts == 0 && !is_old), "one Host header is needed" },
        { facts->lengths_differ, "Content-Length is given twice and differs" },
        { facts->codings > 0 && facts->lengths > 0,
          "Content-Length and Transfer-Encoding exclude each other" },
        { facts->codings > 0 && (facts->codings > 1 || !is_chunked || is_old),
          "Transfer-Encoding is not supported, except for chunked alone in HTTP/1.1" },
    };
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
        if (checks[i].is_wrong)
            return (struct header_verdict){ MHD_HTTP_BAD_REQUEST, checks[i].text };
    return (struct header_verdict){ 0, NULL };
}

bool header_is_json(struct slice content_type)
{
    if (!slice_is_present(content_type))
        return false;
    struct slice type = slice_cut(&content_type, ';');
    return slice_equal_nocase(slice_trim(type), SLICE("application/json"));
}
