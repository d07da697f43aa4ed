#include "cli/config-comment.h"

#include "base/base64.h"
#include "cli/json-pretty.h"
#include "json/scan.h"

#define CONFIG_MAX ((size_t)1 << 20) /* bytes of a configuration that is shown */

static struct slice without_indent(struct slice line)
{
    while (line.len > 0 && (*line.ptr == ' ' || *line.ptr == '-'))
        line = slice_after(line, 1);
    return line;
}

static void put_comment(struct buf *out, size_t indent, struct slice text)
{
    while (slice_is_present(text) && text.len > 0) {
        struct slice line = slice_cut(&text, '\n');
        for (size_t i = 0; i < indent; i++)
            buf_put_char(out, ' ');
        buf_put_lit(out, "# ");
        buf_put_slice(out, line);
        buf_put_char(out, '\n');
    }
}

/* The configuration behind base64, on many lines; nothing when it is none. */
static int decode(struct slice base64, struct buf *json, struct buf *pretty, struct error *err)
{
    struct json_index ix;
    struct error why = ERROR_INIT;
    int result = 0;
    buf_clear(json);
    buf_clear(pretty);
    json_index_init(&ix);
    if (base64_decode(json, base64)) {
        if (json_scan(&ix, buf_slice(json), &why) == 0)
            json_pretty(&ix, JSON_ROOT, pretty);
        else if (why.code == ERROR_NOMEM)
            result = error_nomem(err);
    }
    json_index_done(&ix);
    if (json->failure == BUF_NOMEM || pretty->failure == BUF_NOMEM)
        result = error_nomem(err);
    return result;
}

int config_comment_put(struct buf *out, struct slice yaml, struct error *err)
{
    static const struct slice value = SLICE_INIT("value: ");
    struct buf json, pretty;
    bool is_config = false; /* the line before named VAULT_CONFIG */
    int result = 0;
    buf_init(&json, CONFIG_MAX);
    buf_init(&pretty, CONFIG_MAX);
    while (result == 0 && slice_is_present(yaml) && yaml.len > 0) {
        struct slice line = slice_cut(&yaml, '\n');
        struct slice text = without_indent(line);
        buf_put_slice(out, line);
        buf_put_char(out, '\n');
        if (is_config && slice_has_prefix(text, value)) {
            result = decode(slice_after(text, value.len), &json, &pretty, err);
            if (result == 0 && pretty.failure == BUF_OK)
                put_comment(out, line.len - text.len, buf_slice(&pretty));
        }
        is_config = slice_equal(text, SLICE("name: VAULT_CONFIG"));
    }
    buf_done(&pretty);
    buf_done(&json);
    return result;
}
