#include "cli/explain-schema.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "cli/option-table.h"
#include "cli/server-limit.h"

/* What a value may be, by the word that stands for it in the help. */
struct shape {
    const char *metavar;
    const char *type; /* JSON's type beside string; or NULL */
    bool is_number;
    const char *pattern; /* of the text, without backslashes; NULL: any */
};

#define DIGITS "^[0-9]+$"

/* clang-format off */
static const struct shape shapes[] = {
    { "BOOL",      "boolean", false, "^(true|false)$" },
    { "BYTES",     "integer", true,  DIGITS },
    { "COUNT",     "integer", true,  DIGITS },
    { "DURATION",  NULL,      false, "^(0|([0-9]+([.][0-9]+)?(ns|us|ms|s|m|h))+)$" },
    { "GID",       "integer", true,  DIGITS },
    { "HOST:PORT", NULL,      false, "^[^ ]*:[0-9]+$" },
    { "LEVEL",     NULL,      false, "^(trace|debug|info|warn|error)$" },
    { "LIST",      "array",   false, NULL },
    { "QUANTITY",  "number",  true,  "^[0-9]+([.][0-9]+)?([numkMGTPE]|[KMGTPE]i)?$" },
    { "UID",       "integer", true,  DIGITS },
    { "URL",       NULL,      false, "^[a-z]+://." },
};
/* clang-format on */

static const struct shape any_text = { NULL, NULL, false, NULL };

static const struct shape *shape_of(const struct option *o)
{
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
        if (strcmp(shapes[i].metavar, o->metavar) == 0)
            return &shapes[i];
    return &any_text;
}

/* Texts of the tables; those that need no escape. */
static void put_text(FILE *out, const char *text)
{
    assert(!strpbrk(text, "\"\\\n"));
    (void)fprintf(out, "\"%s\"", text);
}

/* "map|json": the words themselves. */
static void put_words(FILE *out, const char *words)
{
    (void)fputs(", \"enum\": [\"", out);
    for (const char *at = words; *at; at++)
        (void)fputs(*at == '|' ? "\", \"" : (char[2]){ *at, '\0' }, out);
    (void)fputs("\"]", out);
}

static void put_shape(FILE *out, const struct option *o, const struct shape *shape)
{
    struct option_range range = { .min = 0, .max = INT64_MAX };

    if (shape->type)
        (void)fprintf(out, ", \"type\": [\"%s\", \"string\"]", shape->type);
    else
        (void)fputs(", \"type\": \"string\"", out);
    if (shape->pattern) /* a text may be empty, which clears its default */
        (void)fprintf(out, ", \"pattern\": \"%s%s\"", o->set == option_set_text ? "^$|" : "",
                      shape->pattern);
    if (!shape->is_number)
        return;
    server_limit_range(o, &range);
    (void)fprintf(out, ", \"minimum\": %lld", (long long)range.min);
    if (range.max < INT64_MAX)
        (void)fprintf(out, ", \"maximum\": %lld", (long long)range.max);
}

static void put_default(FILE *out, const struct option *o)
{
    (void)fputs(", \"default\": ", out);
    if (o->is_bool || o->set == option_set_int)
        (void)fputs(o->def, out);
    else
        put_text(out, o->def);
}

static void put_option(FILE *out, const struct option *o)
{
    put_text(out, o->flag);
    (void)fputs(": {\"description\": ", out);
    put_text(out, o->help);
    if (strchr(o->metavar, '|'))
        put_words(out, o->metavar);
    else
        put_shape(out, o, shape_of(o));
    if (*o->def)
        put_default(out, o);
    (void)fputc('}', out);
}

void explain_schema_options(FILE *out)
{
    const char *separator = "\n";

    (void)fputs("{\"type\": \"object\", \"additionalProperties\": false, \"properties\": {", out);
    for (size_t i = 0; i < option_row_count; i++) {
        if (!option_rows[i].flag)
            continue;
        (void)fputs(separator, out);
        put_option(out, &option_rows[i]);
        separator = ",\n";
    }
    (void)fputs("\n}}\n", out);
}

void explain_variables_options(FILE *out)
{
    for (size_t i = 0; i < option_row_count; i++)
        if (option_rows[i].flag)
            (void)fprintf(out, "%s: %s\n", option_rows[i].flag, option_rows[i].env);
}
