#ifndef SRC_INJECT_ANNOTATION_H
#define SRC_INJECT_ANNOTATION_H

/*
 * The annotation table: every annotation that Keyhook understands, one row each.
 *
 * The order of the rows is the order of evaluation, so "the first error wins" is data.  A row's default
 * is the one of the profile vault-k8s, unless a server option gives it.  Source of names, types,
 * defaults and order: vault-k8s 1.7.6.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "inject/options.h"
#include "inject/settings.h"

enum annotation_id {
#define ANNOTATION(id, ...) ANN_##id,
#include "inject/annotation.def"
#undef ANNOTATION
    ANNOTATION__COUNT
};

enum annotation_kind {
    ANNOTATION_EXACT,  /* the name as it is */
    ANNOTATION_FAMILY, /* name + "-" + suffix: a secret, or a parameter */
    ANNOTATION_BOTH,   /* the name alone is the default of the family */
};

enum annotation_type {
    TYPE_BOOL,
    TYPE_INT,
    TYPE_UINT,
    TYPE_FLOAT,
    TYPE_DURATION,
    TYPE_QUANTITY,
    TYPE_LIST,
    TYPE_JSON_PATCH,
    TYPE_JSON_VALUE,
    TYPE_TEXT,
    TYPE__COUNT
};

/* The steps of a decision, in order; each prefixes the message of a denial. */
enum inject_step {
    STEP_DECODE,
    STEP_OPT_IN,
    STEP_NAMESPACE,
    STEP_DEFAULTS,
    STEP_BUILD,
    STEP_VALIDATE,
    STEP_PATCH,
    STEP__COUNT
};

/* The type of the option that gives a default. */
enum annotation_option { OPTION_NONE, OPTION_TEXT, OPTION_BOOLEAN, OPTION_INTEGER };

struct annotation;
struct evaluation;

/*
 * Parses `value` (the annotation's, the option's or the default's text; never absent) into *field.
 * 0, or -1 after evaluation_deny().
 */
typedef int annotation_set_fn(struct evaluation *e, const struct annotation *row,
                              struct slice value, void *field);

struct annotation {
    struct slice name; /* without prefix; of families without the last dash */
    enum annotation_kind kind;
    enum annotation_type type;
    enum inject_step step;
    annotation_set_fn *set; /* NULL: read elsewhere (families), or is_text */
    bool is_text;           /* the value's text is the setting, whatever it is */
    size_t field;           /* offset in struct settings */
    struct slice def;       /* as a user would write it; absent: no default */
    const char *option;     /* flag (without dash) that gives the default, or NULL */
    enum annotation_option option_kind;
    size_t option_field; /* offset in struct inject_options */
    const char *lead;    /* upstream's own words between step prefix and detail, or NULL */
    bool sensitive;      /* the value is never shown in messages or logs */
    const char *help;
};

extern const struct annotation annotation_table[ANNOTATION__COUNT];

static inline const struct annotation *annotation_info(enum annotation_id id)
{
    return &annotation_table[id];
}

/* "vault.hashicorp.com/" and "openbao.org/". */
struct slice annotation_prefix(enum annotation_prefix prefix);

/* The words of a type and of a step's message prefix ("error creating new agent sidecar: "). */
const char *annotation_type_name(enum annotation_type type);
struct slice inject_step_prefix(enum inject_step step);

/*
 * The row that a name (without prefix) belongs to, and for families the suffix behind the dash (absent
 * for an exact name).  ANNOTATION__COUNT when there is none.
 */
enum annotation_id annotation_find(struct slice name, struct slice *ret_suffix);

/*
 * The known name nearest to an unknown one; absent when nothing is near.  For families the suffix is
 * not part of the comparison, *ret_id tells the row.
 */
struct slice annotation_nearest(struct slice name, enum annotation_id *ret_id);

#endif
