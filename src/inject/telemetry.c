#include "inject/telemetry.h"

#include "base/num.h"

enum field_type { FIELD_TEXT, FIELD_INT, FIELD_BOOL, FIELD_TEXTS };

struct field {
    struct slice name;
    enum field_type type;
};

/* In the order of the stanza that upstream writes. */
static const struct field fields[] = {
    { SLICE_INIT("usage_gauge_period"), FIELD_TEXT },
    { SLICE_INIT("maximum_gauge_cardinality"), FIELD_INT },
    { SLICE_INIT("disable_hostname"), FIELD_BOOL },
    { SLICE_INIT("enable_hostname_label"), FIELD_BOOL },
    { SLICE_INIT("lease_metrics_epsilon"), FIELD_TEXT },
    { SLICE_INIT("num_lease_metrics_buckets"), FIELD_INT },
    { SLICE_INIT("add_lease_metrics_namespace_labels"), FIELD_BOOL },
    { SLICE_INIT("filter_default"), FIELD_BOOL },
    { SLICE_INIT("prefix_filter"), FIELD_TEXTS },
    { SLICE_INIT("statsite_address"), FIELD_TEXT },
    { SLICE_INIT("statsd_address"), FIELD_TEXT },
    { SLICE_INIT("circonus_api_token"), FIELD_TEXT },
    { SLICE_INIT("circonus_api_app"), FIELD_TEXT },
    { SLICE_INIT("circonus_api_url"), FIELD_TEXT },
    { SLICE_INIT("circonus_submission_interval"), FIELD_TEXT },
    { SLICE_INIT("circonus_submission_url"), FIELD_TEXT },
    { SLICE_INIT("circonus_check_id"), FIELD_TEXT },
    { SLICE_INIT("circonus_check_force_metric_activation"), FIELD_BOOL },
    { SLICE_INIT("circonus_check_instance_id"), FIELD_TEXT },
    { SLICE_INIT("circonus_check_search_tag"), FIELD_TEXT },
    { SLICE_INIT("circonus_check_display_name"), FIELD_TEXT },
    { SLICE_INIT("circonus_check_tags"), FIELD_TEXT },
    { SLICE_INIT("circonus_broker_id"), FIELD_TEXT },
    { SLICE_INIT("circonus_broker_select_tag"), FIELD_TEXT },
    { SLICE_INIT("dogstatsd_addr"), FIELD_TEXT },
    { SLICE_INIT("dogstatsd_tags"), FIELD_TEXTS },
    { SLICE_INIT("prometheus_retention_time"), FIELD_TEXT },
    { SLICE_INIT("stackdriver_project_id"), FIELD_TEXT },
    { SLICE_INIT("stackdriver_location"), FIELD_TEXT },
    { SLICE_INIT("stackdriver_namespace"), FIELD_TEXT },
    { SLICE_INIT("stackdriver_debug_logs"), FIELD_BOOL },
};

#define FIELD_COUNT (sizeof(fields) / sizeof(fields[0]))
#define INT_LIMIT 9223372036854775808.0 /* 2^63 */

static const struct field *find_field(struct slice name)
{
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        if (slice_equal_nocase(fields[i].name, name))
            return &fields[i];
    }
    return NULL;
}

bool telemetry_knows(struct slice name)
{
    return find_field(name) != NULL;
}

/* Scans the value as JSON; false when it is plain text, as a number beyond a double makes it. */
static bool is_json(struct evaluation *e, struct slice value)
{
    struct error err = ERROR_INIT;
    double number;
    const struct json_index *ix = e->side_index;
    if (json_scan(e->side_index, value, &err) < 0) {
        if (err.code == ERROR_NOMEM)
            e->err = err;
        return false;
    }
    for (json_ref ref = JSON_ROOT; ref < ix->count; ref++) {
        if (json_is(ix, ref, JSON_NUMBER) && num_json_double(json_raw(ix, ref), &number) != NUM_OK)
            return false;
    }
    return true;
}

/* Upstream converts through a double, so 5.0 and 1e3 are integers. */
static bool number_is_int(const struct json_index *ix, long long *ret)
{
    double number;
    if (!json_is(ix, JSON_ROOT, JSON_NUMBER) ||
        num_json_double(json_raw(ix, JSON_ROOT), &number) != NUM_OK)
        return false;
    if (!(number >= -INT_LIMIT && number < INT_LIMIT) || number != (double)(long long)number)
        return false;
    *ret = (long long)number;
    return true;
}

static bool are_texts(const struct json_index *ix)
{
    if (!json_is(ix, JSON_ROOT, JSON_ARRAY))
        return false;
    json_each_element (ix, JSON_ROOT, at) {
        if (!json_is(ix, at, JSON_STRING) && !json_is(ix, at, JSON_NULL))
            return false;
    }
    return true;
}

static bool fits(struct evaluation *e, enum field_type type, struct slice value)
{
    const struct json_index *ix = e->side_index;
    long long number;
    if (!is_json(e, value))
        return type == FIELD_TEXT;
    if (json_is(ix, JSON_ROOT, JSON_NULL))
        return true;
    switch (type) {
    case FIELD_TEXT:
        return json_is(ix, JSON_ROOT, JSON_STRING);
    case FIELD_INT:
        return number_is_int(ix, &number);
    case FIELD_BOOL:
        return json_is(ix, JSON_ROOT, JSON_TRUE) || json_is(ix, JSON_ROOT, JSON_FALSE);
    case FIELD_TEXTS:
    default:
        return are_texts(ix);
    }
}

const struct parameter *telemetry_fault(struct evaluation *e)
{
    const struct settings *s = &e->settings;
    for (unsigned i = 0; i < s->telemetry_count; i++) {
        const struct field *field = find_field(s->telemetry[i].name);
        if (field && !fits(e, field->type, s->telemetry[i].value))
            return &s->telemetry[i];
    }
    return NULL;
}

static void write_texts(const struct json_index *ix, struct slice name, struct json_writer *w)
{
    if (json_count(ix, JSON_ROOT) == 0)
        return;
    json_put_name(w, name);
    json_open(w, '[');
    json_each_element (ix, JSON_ROOT, at)
        json_put_raw(w, json_is(ix, at, JSON_NULL) ? SLICE("\"\"") : json_raw(ix, at));
    json_close(w, ']');
}

/* Zero values (0, false, "", [], null) are left out. */
static void write_field(struct evaluation *e, const struct field *field, struct slice value,
                        struct json_writer *w)
{
    const struct json_index *ix = e->side_index;
    long long number = 0;
    if (!is_json(e, value)) {
        if (value.len > 0)
            json_member_string(w, field->name, value);
        return;
    }
    if (field->type == FIELD_TEXT && json_is(ix, JSON_ROOT, JSON_STRING) &&
        json_escaped(ix, JSON_ROOT).len > 0)
        json_member_raw(w, field->name, json_raw(ix, JSON_ROOT));
    else if (field->type == FIELD_INT && number_is_int(ix, &number) && number != 0)
        json_member_int(w, field->name, number);
    else if (field->type == FIELD_BOOL && json_is(ix, JSON_ROOT, JSON_TRUE))
        json_member_bool(w, field->name, true);
    else if (field->type == FIELD_TEXTS)
        write_texts(ix, field->name, w);
}

/* Of spellings that differ in case the last one counts. */
static const struct parameter *find_parameter(const struct settings *s, struct slice name)
{
    for (unsigned i = s->telemetry_count; i-- > 0;) {
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): NULL only when the count is 0 */
        if (slice_equal_nocase(s->telemetry[i].name, name))
            return &s->telemetry[i];
    }
    return NULL;
}

void telemetry_write(struct evaluation *e, struct json_writer *w)
{
    if (e->settings.telemetry_count == 0 || telemetry_fault(e))
        return;
    json_put_name(w, SLICE("telemetry"));
    json_open(w, '{');
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const struct parameter *p = find_parameter(&e->settings, fields[i].name);
        if (p)
            write_field(e, &fields[i], p->value, w);
    }
    json_close(w, '}');
}
