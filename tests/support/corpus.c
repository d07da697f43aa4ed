#include "support/corpus.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CORPUS_DIR "tests/conformance/cases"
#define TEXT_MAX ((size_t)1 << 20)

static void read_all(struct corpus *c, const char *dir)
{
    char pattern[4096];
    glob_t found = { 0 };
    c->count = 0;
    int len = snprintf(pattern, sizeof(pattern), "%s/*/*/request.json", dir);
    if (len < 0 || (size_t)len >= sizeof(pattern) || glob(pattern, 0, NULL, &found) != 0)
        return;
    for (size_t i = 0; i < found.gl_pathc && c->count < CORPUS_MAX; i++) {
        struct buf *text = &c->texts[c->count];
        buf_init(text, TEXT_MAX);
        if (gen_read_file(found.gl_pathv[i], text))
            c->count++;
        else
            buf_done(text);
    }
    globfree(&found);
}

bool corpus_begin(struct corpus *c, struct series *series, int argc, char **argv)
{
    for (int opt; (opt = getopt(argc, argv, "n:s:")) != -1;) {
        if (opt == 'n')
            series->count = (unsigned)strtoull(optarg, NULL, 10);
        else if (opt == 's')
            series->seed = strtoull(optarg, NULL, 10);
        else
            return false;
    }
    read_all(c, optind < argc ? argv[optind] : CORPUS_DIR);
    return true;
}

void corpus_done(struct corpus *c)
{
    while (c->count > 0)
        buf_done(&c->texts[--c->count]);
}

void corpus_make(const struct corpus *c, struct gen *g, unsigned number, struct buf *out)
{
    buf_clear(out);
    bool is_odd = number % 2 != 0;
    if (is_odd && c->count > 0)
        buf_put_slice(out, buf_slice(&c->texts[gen_below(g, (uint32_t)c->count)]));
    else
        gen_document(g, out);
    if (is_odd ? gen_below(g, 4) > 0 : gen_below(g, 3) == 0)
        gen_mutate(g, out);
}
