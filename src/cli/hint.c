#include "cli/hint.h"

#include "base/text.h"
#include "inject/annotation.h"

#define HINT_MAX 1024 /* bytes of a line */

/* What stands under our prefixes in one object of annotations. */
struct finding {
    struct slice prefix;   /* of the first one; absent: there is none */
    bool has_known;        /* a name of the table; others may be somebody else's */
    bool has_opt_in;       /* agent-inject, whatever its value */
    struct slice mistyped; /* a name that is nearly agent-inject; absent: none */
};

static struct slice name_of(const struct hint_object *o, json_ref name)
{
    struct error why = ERROR_INIT;
    struct slice text;
    return json_string(o->ix, name, o->arena, "", &text, &why) < 0 ? SLICE_ABSENT : text;
}

/* The prefix of ours that the name begins with; absent when there is none. */
static struct slice prefix_of(const struct hint_object *o, struct slice name)
{
    for (int i = 0; i < PREFIX__COUNT; i++) {
        struct slice prefix = annotation_prefix((enum annotation_prefix)i);
        if (o->options->prefixes[i] && slice_has_prefix(name, prefix))
            return prefix;
    }
    return SLICE_ABSENT;
}

static void take_name(struct finding *f, struct slice prefix, struct slice name)
{
    struct slice suffix;
    enum annotation_id near = ANNOTATION__COUNT, id = annotation_find(name, &suffix);
    if (id == ANN_STATUS)
        return; /* ours, of an injection that was done */
    if (!slice_is_present(f->prefix))
        f->prefix = prefix;
    f->has_known = f->has_known || id != ANNOTATION__COUNT;
    f->has_opt_in = f->has_opt_in || id == ANN_INJECT;
    if (id == ANNOTATION__COUNT && slice_is_present(annotation_nearest(name, &near)) &&
        near == ANN_INJECT && !slice_is_present(f->mistyped))
        f->mistyped = name;
}

static struct finding find_in(const struct hint_object *o, json_ref annotations)
{
    struct finding f = { .prefix = SLICE_ABSENT, .mistyped = SLICE_ABSENT };
    if (!json_is(o->ix, annotations, JSON_OBJECT))
        return f;
    json_each_member (o->ix, annotations, it) {
        struct slice name = name_of(o, it);
        struct slice prefix = prefix_of(o, name);
        if (slice_is_present(prefix))
            take_name(&f, prefix, slice_after(name, prefix.len));
    }
    return f;
}

static json_ref annotations_of(const struct json_index *ix, json_ref object)
{
    json_ref meta = json_member(ix, object, SLICE("metadata"));
    return json_member(ix, meta, SLICE("annotations"));
}

static void put_opt_in(struct buf *line, const struct finding *f)
{
    buf_printf(
        line, "hint: annotations under " SLICE_FMT " have no effect without agent-inject: \"true\"",
        SLICE_ARG(f->prefix));
    if (!slice_is_present(f->mistyped))
        return;
    buf_put_lit(line, "; did you mean agent-inject? (");
    text_put_printable(line, f->mistyped, TEXT_VALUE_MAX);
    buf_put_char(line, ')');
}

static void put_own(struct buf *line, const struct finding *f, const struct kind *kind)
{
    buf_printf(line,
               "hint: annotations under " SLICE_FMT " on the " SLICE_FMT
               " itself have no effect; pods get those of ",
               SLICE_ARG(f->prefix), SLICE_ARG(kind->name));
    for (size_t i = 0; i < KIND_PATH_MAX && kind->path[i].len > 0; i++)
        buf_printf(line, SLICE_FMT ".", SLICE_ARG(kind->path[i]));
    buf_put_lit(line, "metadata");
}

void hint_not_requested(struct buf *notes, const struct hint_object *o, const struct kind *kind)
{
    struct buf line;
    struct finding pod = find_in(o, annotations_of(o->ix, kind_template(kind, o->ix, o->object)));
    buf_init(&line, HINT_MAX);
    if (slice_is_present(pod.prefix)) {
        if (!pod.has_opt_in)
            put_opt_in(&line, &pod);
    } else if (!kind_is_pod(kind)) {
        struct finding own = find_in(o, annotations_of(o->ix, o->object));
        if (own.has_known)
            put_own(&line, &own, kind);
    }
    if (line.len > 0)
        note_text(notes, o->subject, buf_slice(&line));
    buf_done(&line);
}

/* The names are in a row: every "annotations" that an object follows is looked into. */
static struct finding find_anywhere(const struct hint_object *o)
{
    for (json_ref it = o->object + 1, end = json_end(o->ix, o->object); it + 1 < end; it++) {
        if (!json_is(o->ix, it + 1, JSON_OBJECT) ||
            !json_string_is(o->ix, it, SLICE("annotations")))
            continue;
        struct finding f = find_in(o, it + 1);
        if (f.has_known)
            return f;
    }
    return (struct finding){ .prefix = SLICE_ABSENT };
}

void hint_not_read(struct buf *notes, const struct hint_object *o)
{
    struct finding f = find_anywhere(o);
    if (!f.has_known)
        return;
    struct buf line;
    const struct kind *near = kind_nearest(o->subject->kind);
    buf_init(&line, HINT_MAX);
    buf_printf(&line, "unchanged, with annotations under " SLICE_FMT ": this kind is not read here",
               SLICE_ARG(f.prefix));
    if (!near)
        buf_put_lit(&line, ", the server sees its pods");
    else if (slice_equal(near->name, o->subject->kind))
        buf_printf(&line, "; " SLICE_FMT " is known in %s" SLICE_FMT, SLICE_ARG(near->name),
                   near->groups[0].len == 0 ? "v1" : "", SLICE_ARG(near->groups[0]));
    else
        buf_printf(&line, "; did you mean " SLICE_FMT "?", SLICE_ARG(near->name));
    note_text(notes, o->subject, buf_slice(&line));
    buf_done(&line);
}
