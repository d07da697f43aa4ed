/*
 * advise_on_values: values that upstream passes on unchecked and the agent would refuse (K23).
 * Contract in advice.h.
 */

#include "base/num.h"
#include "inject/advice.h"

#define PORT_MAX 65535

typedef bool value_test(struct slice value);

static bool is_port(struct slice value)
{
    uint64_t port;
    return num_uint64(value, &port) == NUM_OK && port > 0 && port <= PORT_MAX;
}

static bool is_count(struct slice value)
{
    uint64_t n;
    return num_uint64(value, &n) == NUM_OK;
}

static bool is_positive(struct slice value)
{
    uint64_t n;
    return num_uint64(value, &n) == NUM_OK && n > 0;
}

/* A duration, or seconds as a bare number, which Vault takes as well. */
static bool is_time(struct slice value)
{
    int64_t ns;
    return num_duration(value, &ns) == NUM_OK || is_count(value);
}

static bool is_one_of(struct slice value, struct slice words)
{
    while (slice_is_present(words)) {
        if (slice_equal_nocase(slice_cut(&words, ' '), value))
            return true;
    }
    return false;
}

static bool is_log_level(struct slice value)
{
    return is_one_of(value, SLICE("trace debug info warn error err notice warning"));
}

static bool is_log_format(struct slice value)
{
    return is_one_of(value, SLICE("standard json"));
}

static bool is_token_use(struct slice value)
{
    return is_one_of(value, SLICE("true false force 1 0 t f"));
}

static bool are_parts(struct slice value)
{
    while (slice_is_present(value)) {
        if (!is_one_of(slice_cut(&value, ','), SLICE("auto-auth caching templating proxying")))
            return false;
    }
    return true;
}

static bool is_mode(struct slice value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] < '0' || value.ptr[i] > '7')
            return false;
    }
    return value.len <= 5;
}

static bool is_url(struct slice value)
{
    return slice_has_prefix(value, SLICE("https://")) ||
           slice_has_prefix(value, SLICE("http://")) || slice_has_prefix(value, SLICE("unix://"));
}

static bool is_absolute(struct slice value)
{
    return value.ptr[0] == '/';
}

static bool is_reference(struct slice value)
{
    return !memchr(value.ptr, ' ', value.len);
}

struct value_rule {
    enum annotation_id id;
    value_test *is_good;
    bool empty_is_good;
    const char *expected;
};

/* clang-format off */
static const struct value_rule rules[] = {
    { ANN_SERVICE,               is_url,        true,  "a URL such as https://vault.vault.svc:8200" },
    { ANN_SECRET_VOLUME_PATH,    is_absolute,   false, "an absolute path" },
    { ANN_PERMS,                 is_mode,       true,  "octal digits such as 0640" },
    { ANN_CLIENT_MAX_RETRIES,    is_count,      true,  "a number" },
    { ANN_CLIENT_TIMEOUT,        is_time,       true,  "a duration such as 60s" },
    { ANN_GO_MAX_PROCS,          is_positive,   true,  "a positive number" },
    { ANN_LOG_LEVEL,             is_log_level,  true,  "trace, debug, info, warn or error" },
    { ANN_LOG_FORMAT,            is_log_format, true,  "standard or json" },
    { ANN_CACHE_AUTO_AUTH_TOKEN, is_token_use,  true,  "true, false or force" },
    { ANN_CACHE_LISTENER_PORT,   is_port,       false, "a port" },
    { ANN_RENDER_INTERVAL,       is_time,       true,  "a duration such as 5m" },
    { ANN_DISABLE_IDLE,          are_parts,     true,  "auto-auth, caching, templating, proxying" },
    { ANN_DISABLE_KEEP_ALIVES,   are_parts,     true,  "auto-auth, caching, templating, proxying" },
    { ANN_IMAGE,                 is_reference,  true,  "an image reference" },
};
/* clang-format on */

bool advice_checks_value(enum annotation_id id)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (rules[i].id == id)
            return true;
    }
    return false;
}

static void check_entry(struct evaluation *e, const struct value_rule *rule,
                        const struct annotation_entry *entry)
{
    bool is_good = entry->value.len == 0 ? rule->empty_is_good : rule->is_good(entry->value);
    if (is_good)
        return;
    struct slice name = evaluation_show(e, entry->name);
    evaluation_warn(e, REASON_WARN_UNCHECKED, SLICE_FMT ": the agent may refuse this; expected: %s",
                    SLICE_ARG(name), rule->expected);
}

void advise_on_values(struct evaluation *e)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        for (unsigned k = e->set.first[rules[i].id]; k < e->set.first[rules[i].id + 1]; k++)
            check_entry(e, &rules[i], e->set.entries[k]);
    }
}
