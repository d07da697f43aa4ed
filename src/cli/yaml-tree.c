#include "cli/yaml-tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <yaml.h>

struct builder {
    yaml_parser_t parser;
    struct arena *arena;
    uint32_t first_line;
    struct slice text;
    struct yaml_item *root;
    struct yaml_item *stack[YAML_DEPTH_MAX]; /* open containers */
    struct yaml_item *last[YAML_DEPTH_MAX];  /* newest child of each */
    unsigned depth;
    struct yaml_item *anchored[YAML_ANCHORS_MAX];
    unsigned anchors;
    unsigned documents;
};

/* What libyaml says, and what would be right. */
static const struct {
    const char *problem; /* part of libyaml's text */
    const char *hint;
} hints[] = {
    { "found a tab character", "; indent with spaces" },
    { "cannot start any token", "; indent with spaces and quote text that starts with @, ` or %" },
    { "mapping values are not allowed",
      "; quote text that holds \": \", or check the indentation" },
    { "could not find expected ':'",
      "; a member is written \"name: value\", check the indentation" },
    { "did not find expected key", "; check the indentation of this line" },
    { "did not find expected '-' indicator", "; check the indentation of this line" },
    { "while scanning a quoted scalar", "; the closing quote is missing" },
    { "did not find expected alphabetic", "; quote text that starts with & or *" },
    { "control characters are not allowed", "; write them as escapes in double quotes" },
    { "invalid leading UTF-8", "; save the file as UTF-8" },
    { "invalid trailing UTF-8", "; save the file as UTF-8" },
};

int yaml_error_at(const struct yaml_item *item, struct error *err, enum error_code code,
                  const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char msg[ERROR_MSG_MAX];
    (void)vsnprintf(msg, sizeof(msg), fmt, args);
    va_end(args);
    return error_set(err, code, "line %u, column %u: %s", item->line, item->column, msg);
}

static const char *find_hint(const yaml_parser_t *parser)
{
    for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
        if ((parser->problem && strstr(parser->problem, hints[i].problem)) ||
            (parser->context && strstr(parser->context, hints[i].problem)))
            return hints[i].hint;
    }
    return "";
}

/* The reader of libyaml knows an offset only. */
static void place_of_offset(const struct builder *b, size_t offset, uint32_t *line,
                            uint32_t *column)
{
    *line = b->first_line;
    *column = 1;
    for (size_t i = 0; i < offset && i < b->text.len; i++) {
        bool is_break = b->text.ptr[i] == '\n';
        *line += is_break ? 1 : 0;
        *column = is_break ? 1 : *column + ((b->text.ptr[i] & 0xc0) != 0x80 ? 1 : 0);
    }
}

static int parser_error(const struct builder *b, struct error *err)
{
    const yaml_parser_t *p = &b->parser;
    if (p->error == YAML_MEMORY_ERROR)
        return error_nomem(err);
    uint32_t line = b->first_line + (uint32_t)p->problem_mark.line;
    uint32_t column = (uint32_t)p->problem_mark.column + 1;
    if (p->error == YAML_READER_ERROR)
        place_of_offset(b, p->problem_offset, &line, &column);
    const char *problem = p->problem ? p->problem : "this is not YAML";
    return error_set(err, ERROR_SYNTAX, "line %u, column %u: %s%s%s%s", line, column,
                     p->context ? p->context : "", p->context ? ", " : "", problem, find_hint(p));
}

static int event_error(const struct builder *b, const yaml_event_t *event, struct error *err,
                       enum error_code code, const char *what)
{
    return error_set(err, code, "line %u, column %zu: %s",
                     b->first_line + (uint32_t)event->start_mark.line, event->start_mark.column + 1,
                     what);
}

/* A copy of libyaml's text; absent when it is NULL. *ok turns false when memory is gone. */
static struct slice keep_text(struct builder *b, const yaml_char_t *text, size_t len, bool *ok)
{
    if (!text)
        return SLICE_ABSENT;
    struct slice copy = arena_copy(b->arena, (struct slice){ (const char *)text, len });
    if (!slice_is_present(copy))
        *ok = false;
    return copy;
}

static struct slice keep_string(struct builder *b, const yaml_char_t *text, bool *ok)
{
    return keep_text(b, text, text ? strlen((const char *)text) : 0, ok);
}

static bool fill_item(struct builder *b, const yaml_event_t *event, struct yaml_item *item)
{
    bool ok = true;
    if (event->type == YAML_SCALAR_EVENT) {
        item->text = keep_text(b, event->data.scalar.value, event->data.scalar.length, &ok);
        item->tag = keep_string(b, event->data.scalar.tag, &ok);
        item->anchor = keep_string(b, event->data.scalar.anchor, &ok);
        item->is_plain = event->data.scalar.plain_implicit && !event->data.scalar.tag;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        item->kind = YAML_ITEM_LIST;
        item->anchor = keep_string(b, event->data.sequence_start.anchor, &ok);
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        item->kind = YAML_ITEM_MAP;
        item->anchor = keep_string(b, event->data.mapping_start.anchor, &ok);
    } else {
        item->kind = YAML_ITEM_ALIAS;
        item->text = keep_string(b, event->data.alias.anchor, &ok);
    }
    return ok;
}

/* NULL when memory is gone. */
static struct yaml_item *new_item(struct builder *b, const yaml_event_t *event)
{
    struct yaml_item *item = arena_alloc(b->arena, sizeof(*item));
    if (!item)
        return NULL;
    *item = (struct yaml_item){ .kind = YAML_ITEM_SCALAR,
                                .line = b->first_line + (uint32_t)event->start_mark.line,
                                .column = (uint32_t)event->start_mark.column + 1 };
    return fill_item(b, event, item) ? item : NULL;
}

static void attach(struct builder *b, struct yaml_item *item)
{
    if (b->depth == 0) {
        b->root = item;
        return;
    }
    unsigned top = b->depth - 1;
    if (b->last[top])
        b->last[top]->next = item;
    else
        b->stack[top]->first = item;
    b->last[top] = item;
}

/* A name that is given again hides the older item, as the specification has it. */
static int remember_anchor(struct builder *b, struct yaml_item *item, struct error *err)
{
    if (!slice_is_present(item->anchor))
        return 0;
    if (b->anchors == YAML_ANCHORS_MAX)
        return yaml_error_at(item, err, ERROR_LIMIT, "more than %u anchors", YAML_ANCHORS_MAX);
    b->anchored[b->anchors++] = item;
    return 0;
}

static int resolve_alias(const struct builder *b, struct yaml_item *alias, struct error *err)
{
    for (unsigned i = b->anchors; i > 0 && !alias->target; i--) {
        if (slice_equal(b->anchored[i - 1]->anchor, alias->text))
            alias->target = b->anchored[i - 1];
    }
    if (!alias->target)
        return yaml_error_at(alias, err, ERROR_SYNTAX,
                             "the alias has no anchor before it; quote text that starts with *");
    if (alias->target->is_open)
        return yaml_error_at(alias, err, ERROR_SYNTAX, "the anchor of this alias contains itself");
    return 0;
}

static int open_container(struct builder *b, struct yaml_item *item, struct error *err)
{
    if (b->depth == YAML_DEPTH_MAX)
        return yaml_error_at(item, err, ERROR_LIMIT, "more than %u levels", YAML_DEPTH_MAX);
    item->is_open = true;
    b->stack[b->depth] = item;
    b->last[b->depth] = NULL;
    b->depth++;
    return 0;
}

static int add_item(struct builder *b, const yaml_event_t *event, struct error *err)
{
    struct yaml_item *item = new_item(b, event);
    if (!item)
        return arena_error(b->arena, err);
    if (remember_anchor(b, item, err) < 0)
        return -1;
    attach(b, item);
    if (item->kind == YAML_ITEM_ALIAS)
        return resolve_alias(b, item, err);
    return item->kind == YAML_ITEM_SCALAR ? 0 : open_container(b, item, err);
}

static int take_event(struct builder *b, const yaml_event_t *event, struct error *err)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
    case YAML_ALIAS_EVENT:
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
        return add_item(b, event, err);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        b->stack[--b->depth]->is_open = false;
        return 0;
    case YAML_DOCUMENT_START_EVENT:
        if (b->documents++ > 0)
            return event_error(b, event, err, ERROR_SYNTAX,
                               "a second document starts here; put --- on a line of its own");
        return 0;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
    default:
        return 0;
    }
}

static int build(struct builder *b, struct error *err)
{
    bool at_end = false;
    int result = 0;
    while (result == 0 && !at_end) {
        yaml_event_t event;
        if (!yaml_parser_parse(&b->parser, &event))
            return parser_error(b, err);
        at_end = event.type == YAML_STREAM_END_EVENT;
        result = take_event(b, &event, err);
        yaml_event_delete(&event);
    }
    return result;
}

int yaml_tree_read(struct slice text, uint32_t first_line, struct arena *arena,
                   struct yaml_item **ret_root, struct error *err)
{
    struct builder *b = arena_alloc(arena, sizeof(*b));
    if (!b)
        return arena_error(arena, err);
    memset(b, 0, sizeof(*b));
    b->arena = arena;
    b->first_line = first_line;
    b->text = text;
    if (!yaml_parser_initialize(&b->parser))
        return error_nomem(err);
    yaml_parser_set_encoding(&b->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&b->parser, (const unsigned char *)(text.ptr ? text.ptr : ""),
                                 text.len);
    int result = build(b, err);
    yaml_parser_delete(&b->parser);
    if (result == 0)
        *ret_root = b->root;
    return result;
}
