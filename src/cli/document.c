#include "cli/document.h"

#include <string.h>

struct document_stream document_stream(struct slice text)
{
    bool has_mark = slice_has_prefix(text, SLICE("\xef\xbb\xbf"));
    struct slice rest = has_mark ? slice_after(text, 3) : text;
    return (struct document_stream){ rest.ptr, rest, 1, has_mark };
}

void document_init(struct document *doc)
{
    *doc = (struct document){ .json_error = ERROR_INIT };
    json_index_init(&doc->index);
    buf_init(&doc->converted, YAML_JSON_MAX);
    arena_init(&doc->arena, YAML_MEMORY_MAX);
}

void document_done(struct document *doc)
{
    json_index_done(&doc->index);
    buf_done(&doc->converted);
    yaml_places_done(&doc->places);
    arena_done(&doc->arena);
}

static uint32_t count_lines(struct slice text)
{
    uint32_t lines = 0;
    for (size_t i = 0; i < text.len; i++)
        lines += text.ptr[i] == '\n' ? 1 : 0;
    return lines;
}

static void advance(struct document_stream *stream, size_t n)
{
    stream->line += count_lines((struct slice){ stream->rest.ptr, n });
    stream->rest = slice_after(stream->rest, n);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t skip_space(struct slice text, size_t at)
{
    while (at < text.len && is_space(text.ptr[at]))
        at++;
    return at;
}

static bool is_marker(struct slice line)
{
    return slice_has_prefix(line, SLICE("---")) && (line.len == 3 || is_space(line.ptr[3]));
}

static struct slice line_at(struct slice text, size_t at)
{
    const char *end = memchr(text.ptr + at, '\n', text.len - at);
    return (struct slice){ text.ptr + at, end ? (size_t)(end - text.ptr) - at : text.len - at };
}

/* Comments, directives and blank lines before "---" belong to the document behind it. */
static bool is_preamble(struct slice line)
{
    size_t first = skip_space(line, 0);
    return first == line.len || line.ptr[first] == '#' || line.ptr[0] == '%';
}

/* Bytes up to the next line "---" that starts another document. */
static size_t yaml_length(struct slice text)
{
    bool has_begun = false;
    for (size_t at = 0; at < text.len;) {
        struct slice line = line_at(text, at);
        if (is_marker(line) && has_begun)
            return at;
        has_begun = has_begun || !is_preamble(line);
        at += line.len + (at + line.len < text.len ? 1 : 0);
    }
    return text.len;
}

/* Bytes of the lines at the start that hold only white space. */
static size_t blank_lines(struct slice text)
{
    size_t at = skip_space(text, 0);
    while (at > 0 && text.ptr[at - 1] != '\n')
        at--;
    return at;
}

/* Where a JSON document may start: behind white space and bare separators. */
static size_t json_start(struct slice text)
{
    size_t at = skip_space(text, 0);
    while (at < text.len && (at == 0 || text.ptr[at - 1] == '\n')) {
        struct slice line = line_at(text, at);
        if (!is_marker(line) || skip_space(line, 3) < line.len)
            break;
        at = skip_space(text, at + line.len);
    }
    return at;
}

/* Bytes of the bracketed value at the start of text, strings respected; 0 when it does not end. */
static size_t json_length(struct slice text)
{
    bool in_string = false;
    size_t depth = 0;
    for (size_t at = 0; at < text.len; at++) {
        char c = text.ptr[at];
        if (in_string && c == '\\') {
            at++;
        } else if (c == '"') {
            in_string = !in_string;
        } else if (!in_string && (c == '{' || c == '[')) {
            depth++;
        } else if (!in_string && (c == '}' || c == ']') && --depth == 0) {
            return at + 1;
        }
    }
    return 0;
}

/* Behind a JSON document stands nothing, another one, or a separator. */
static bool ends_cleanly(struct slice text, size_t end)
{
    size_t next = skip_space(text, end);
    return next == text.len || text.ptr[next] == '{' || text.ptr[next] == '[' ||
           (text.ptr[next - 1] == '\n' && is_marker(line_at(text, next)));
}

/* True when the stream stands before a JSON document, which is then read. */
static int try_json(struct document_stream *stream, struct document *doc, bool *ret_is_json,
                    struct error *err)
{
    struct slice text = stream->rest;
    size_t start = json_start(text);
    doc->json_error = (struct error)ERROR_INIT;
    *ret_is_json = false;
    if (stream->is_yaml || start == text.len || (text.ptr[start] != '{' && text.ptr[start] != '['))
        return 0;
    size_t len = json_length(slice_after(text, start));
    if (len == 0 || !ends_cleanly(text, start + len))
        len = text.len - start;
    doc->source = (struct slice){ text.ptr + start, len };
    doc->line = stream->line + count_lines((struct slice){ text.ptr, start });
    doc->column = 1;
    for (const char *p = doc->source.ptr; p > stream->begin && p[-1] != '\n'; p--)
        doc->column++;
    if (json_scan(&doc->index, doc->source, &doc->json_error) < 0) {
        if (doc->json_error.code == ERROR_NOMEM)
            return error_nomem(err);
        if (doc->line > 1)
            (void)error_wrap(&doc->json_error, "in the document at line %u", doc->line);
        return 0;
    }
    doc->is_json = *ret_is_json = true;
    advance(stream, start + len);
    return 0;
}

static int read_yaml(struct document_stream *stream, struct document *doc, struct error *err)
{
    doc->is_json = false;
    doc->line = stream->line;
    doc->source = (struct slice){ stream->rest.ptr, yaml_length(stream->rest) };
    advance(stream, doc->source.len);
    buf_clear(&doc->converted);
    doc->places.count = 0;
    arena_clear(&doc->arena);
    if (yaml_read(doc->source, doc->line, &doc->arena, &doc->converted, &doc->places, err) == 0)
        return json_scan(&doc->index, buf_slice(&doc->converted), err);
    if (doc->json_error.code != ERROR_NONE && err->code == ERROR_SYNTAX) {
        struct error yaml = *err;
        return error_set(err, ERROR_SYNTAX, "neither JSON (%.200s) nor YAML (%.200s)",
                         doc->json_error.msg, yaml.msg);
    }
    return -1;
}

int document_next(struct document_stream *stream, struct document *doc, bool *ret_found,
                  struct error *err)
{
    while (skip_space(stream->rest, 0) < stream->rest.len) {
        advance(stream, blank_lines(stream->rest));
        bool is_json = false;
        if (try_json(stream, doc, &is_json, err) < 0)
            return -1;
        if (!is_json && read_yaml(stream, doc, err) < 0)
            return -1;
        if (is_json || !json_is(&doc->index, JSON_ROOT, JSON_NULL)) {
            *ret_found = true;
            return 0;
        }
    }
    *ret_found = false;
    return 0;
}

struct yaml_place document_place(const struct document *doc, json_ref ref)
{
    if (!doc->is_json)
        return doc->places.at[ref];
    struct slice before = { doc->source.ptr,
                            (size_t)(json_raw(&doc->index, ref).ptr - doc->source.ptr) };
    uint32_t lines = count_lines(before);
    struct yaml_place place = { doc->line + lines, lines == 0 ? doc->column : 1 };
    for (size_t i = before.len; i > 0 && before.ptr[i - 1] != '\n'; i--)
        place.column++;
    return place;
}
