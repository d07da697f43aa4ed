#include "cli/option.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/text.h"

#define NS_PER_US 1000
#define MESSAGE_MAX ((size_t)ERROR_MSG_MAX)

/* Where the value of a row came from. */
enum origin { FROM_DEFAULT, FROM_FLAG, FROM_ENV, FROM_ALIAS };

struct parse {
    const struct option_request *req;
    unsigned char origin[OPTION_TABLES_MAX][OPTION_ROWS_MAX];
};

/* The argument that is being read. */
struct flag_word {
    struct slice name;
    struct slice value; /* absent without "=" */
};

int option_bad_value(struct error *err, struct slice text, const char *problem)
{
    struct buf b;

    buf_init(&b, MESSAGE_MAX);
    text_put_printable(&b, text, TEXT_VALUE_MAX);
    error_set(err, ERROR_USAGE, "'" SLICE_FMT "' %s", SLICE_ARG(buf_slice(&b)), problem);
    buf_done(&b);
    return -1;
}

int option_set_text(void *member, struct slice text, struct error *err)
{
    (void)err;
    *(struct slice *)member = text;
    return 0;
}

int option_set_bool(void *member, struct slice text, struct error *err)
{
    if (!num_bool(text, member))
        return option_bad_value(err, text, "is not a boolean: give true or false (or 1, t, 0, f)");
    return 0;
}

int option_set_int(void *member, struct slice text, struct error *err)
{
    if (num_int64(text, member) != NUM_OK)
        return option_bad_value(err, text, "is not a base-10 integer of 64 bits");
    return 0;
}

int option_set_duration(void *member, struct slice text, struct error *err)
{
    int64_t ns;

    if (num_duration(text, &ns) != NUM_OK)
        return option_bad_value(err, text, "is not a duration such as 300ms or 1m30s");
    *(int64_t *)member = ns / NS_PER_US;
    return 0;
}

int option_set_float(void *member, struct slice text, struct error *err)
{
    if (num_double(text, member) != NUM_OK)
        return option_bad_value(err, text, "is not a number such as 0.9");
    return 0;
}

const char *option_getenv(char **environment, const char *name)
{
    size_t len = strlen(name);

    for (char **e = environment; e && *e; e++)
        if (strncmp(*e, name, len) == 0 && (*e)[len] == '=')
            return *e + len + 1;
    return NULL;
}

static void *member_of(const struct option_table *table, const struct option *row)
{
    return (char *)table->target + row->offset;
}

/* The name under which the user gave the value. */
static const char *origin_name(const struct option *row, enum origin origin,
                               char name[OPTION_NAME_MAX])
{
    if (origin == FROM_ALIAS)
        return row->alias;
    if (origin == FROM_ENV || !row->flag)
        return row->env;
    (void)snprintf(name, OPTION_NAME_MAX, "-%s", row->flag);
    return name;
}

static int set_value(struct parse *p, size_t table, size_t row, enum origin origin,
                     const char *text, struct error *err)
{
    const struct option_table *t = &p->req->tables[table];
    const struct option *o = &t->rows[row];
    char name[OPTION_NAME_MAX];

    if (o->set(member_of(t, o), slice_of(text), err) < 0)
        return error_wrap(err, "%s", origin_name(o, origin, name));
    p->origin[table][row] = (unsigned char)origin;
    return 0;
}

static int set_default(struct parse *p, size_t table, size_t row, struct error *err)
{
    const struct option *o = &p->req->tables[table].rows[row];
    const char *text = p->req->agent_inject && o->def_agent_inject ? o->def_agent_inject : o->def;

    return set_value(p, table, row, FROM_DEFAULT, text, err);
}

/* An empty variable counts as not set, but a set one, even empty, hides its alias. */
static int set_from_env(struct parse *p, size_t table, size_t row, struct error *err)
{
    const struct option *o = &p->req->tables[table].rows[row];
    enum origin origin = FROM_ENV;
    const char *text = o->env ? option_getenv(p->req->environment, o->env) : NULL;

    if (!text && o->alias) {
        text = option_getenv(p->req->environment, o->alias);
        origin = FROM_ALIAS;
    }
    if (!text || !*text)
        return 0;
    if (p->origin[table][row] == FROM_FLAG)
        buf_printf(p->req->warnings, "-%s: has no effect: the variable %s is set, and wins\n",
                   o->flag, origin == FROM_ALIAS ? o->alias : o->env);
    return set_value(p, table, row, origin, text, err);
}

static int check_value(struct parse *p, size_t table, size_t row, struct error *err)
{
    const struct option_table *t = &p->req->tables[table];
    const struct option *o = &t->rows[row];
    char buffer[OPTION_NAME_MAX];
    const char *name = origin_name(o, p->origin[table][row], buffer);

    if (!o->check)
        return 0;
    if (o->check(t->target, member_of(t, o), name, p->req->warnings, err) < 0)
        return error_wrap(err, "%s", name);
    return 0;
}

typedef int row_fn(struct parse *p, size_t table, size_t row, struct error *err);

static int each_row(struct parse *p, row_fn *fn, struct error *err)
{
    for (size_t t = 0; t < p->req->table_count; t++)
        for (size_t r = 0; r < p->req->tables[t].count; r++)
            if (fn(p, t, r, err) < 0)
                return -1;
    return 0;
}

/* Looks in the command's own table first, so that it may take a short name for itself. */
static bool find_flag(const struct parse *p, struct slice name, size_t *ret_table, size_t *ret_row)
{
    for (size_t t = p->req->table_count; t-- > 0;)
        for (size_t r = 0; r < p->req->tables[t].count; r++) {
            const char *flag = p->req->tables[t].rows[r].flag;

            if (flag && slice_equal(slice_of(flag), name)) {
                *ret_table = t;
                *ret_row = r;
                return true;
            }
        }
    return false;
}

/* The nearest of the rows that have an effect on the command, or of the others. */
static const char *nearest_in(const struct parse *p, struct slice name, bool of_command,
                              unsigned *distance)
{
    const char *best = NULL;

    for (size_t t = p->req->table_count; t-- > 0;)
        for (size_t r = 0; r < p->req->tables[t].count; r++) {
            const struct option *o = &p->req->tables[t].rows[r];
            bool is_own = o->group == OPTION_GROUP_COMMAND || (o->commands & p->req->commands);
            unsigned d = o->flag && is_own == of_command
                             ? text_distance(name, slice_of(o->flag), OPTION_SUGGEST_MAX)
                             : *distance;

            if (d < *distance && d < name.len) {
                best = o->flag;
                *distance = d;
            }
        }
    return best;
}

/* "namespace" for -n: the command's own one-letter option with that letter. */
static const char *letter_of(const struct parse *p, struct slice name)
{
    for (size_t t = 0; t < p->req->table_count; t++)
        for (size_t r = 0; r < p->req->tables[t].count; r++) {
            const char *flag = p->req->tables[t].rows[r].flag;

            if (flag && strlen(flag) == 1 && flag[0] == name.ptr[0])
                return flag;
        }
    return NULL;
}

/* An option of the command wins against a nearer one of the others, unless that is very near. */
static const char *nearest_flag(const struct parse *p, struct slice name)
{
    unsigned distance = OPTION_SUGGEST_MAX + 1;
    const char *own = nearest_in(p, name, true, &distance);
    const char *letter = distance < OPTION_SUGGEST_MAX ? NULL : letter_of(p, name);
    const char *other;

    if (own && distance < OPTION_SUGGEST_MAX)
        return own;
    distance = OPTION_SUGGEST_MAX;
    other = nearest_in(p, name, false, &distance);
    if (other)
        return other;
    return letter ? letter : own;
}

static int unknown_flag(const struct parse *p, struct slice name, struct error *err)
{
    const char *near = nearest_flag(p, name);
    struct buf b;

    buf_init(&b, MESSAGE_MAX);
    text_put_printable(&b, name, TEXT_VALUE_MAX);
    error_set(err, ERROR_USAGE, "unknown option '-" SLICE_FMT "'%s%s%s", SLICE_ARG(buf_slice(&b)),
              near ? "; did you mean -" : "", near ? near : "", near ? "?" : "");
    buf_done(&b);
    return -1;
}

/* Splits "-name=value" or "--name"; false when the argument ends the options. */
static bool split_flag(const char *arg, struct flag_word *ret)
{
    struct slice rest;

    if (arg[0] != '-' || arg[1] == '\0' || strcmp(arg, "--") == 0)
        return false;
    rest = slice_of(arg + (arg[1] == '-' ? 2 : 1));
    ret->value = rest;
    ret->name = slice_cut(&ret->value, '=');
    return true;
}

static bool is_help(struct slice name)
{
    return slice_equal(name, SLICE("h")) || slice_equal(name, SLICE("help"));
}

/* Reads the flag at argv[*i] and moves *i to its last argument. */
static int read_flag(struct parse *p, const struct flag_word *word, int *i, int argc, char **argv,
                     struct error *err)
{
    const char *text = word->value.ptr;
    size_t table, row;

    if (!find_flag(p, word->name, &table, &row))
        return unknown_flag(p, word->name, err);
    if (!text && p->req->tables[table].rows[row].is_bool)
        text = "true";
    if (!text && *i + 1 < argc)
        text = argv[++*i];
    if (!text)
        return error_set(err, ERROR_USAGE, "-%s: needs a value: -%s=%s",
                         p->req->tables[table].rows[row].flag, p->req->tables[table].rows[row].flag,
                         p->req->tables[table].rows[row].metavar);
    return set_value(p, table, row, FROM_FLAG, text, err);
}

static int bad_syntax(const char *arg, struct error *err)
{
    return option_bad_value(err, slice_of(arg), "is not an option: write -name=value");
}

static int read_flags(struct parse *p, int argc, char **argv, struct option_result *ret,
                      struct error *err)
{
    struct flag_word word;
    bool own_h;
    size_t table, row;
    int i = 0;

    for (; i < argc && split_flag(argv[i], &word); i++) {
        if (word.name.len == 0 || word.name.ptr[0] == '-')
            return bad_syntax(argv[i], err);
        own_h = find_flag(p, word.name, &table, &row);
        if (!own_h && is_help(word.name)) {
            ret->help = true;
            break;
        }
        if (read_flag(p, &word, &i, argc, argv, err) < 0)
            return -1;
    }
    if (i < argc && strcmp(argv[i], "--") == 0)
        i++;
    ret->rest = i;
    return 0;
}

int option_parse(const struct option_request *req, int argc, char **argv, struct option_result *ret,
                 struct error *err)
{
    struct parse p = { .req = req };
    struct option_result result = { .help = false };

    for (size_t t = 0; t < req->table_count; t++)
        assert(req->tables[t].count <= OPTION_ROWS_MAX);
    if (each_row(&p, set_default, err) < 0 || read_flags(&p, argc, argv, &result, err) < 0)
        return -1;
    if (!result.help && (each_row(&p, set_from_env, err) < 0 || each_row(&p, check_value, err) < 0))
        return -1;
    *ret = result;
    return 0;
}
