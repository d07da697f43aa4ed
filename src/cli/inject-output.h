#ifndef SRC_CLI_INJECT_OUTPUT_H
#define SRC_CLI_INJECT_OUTPUT_H

/*
 * What `keyhook inject` prints on stdout: documents in the order of the input, or their differences.
 *
 * Each document is built in memory and written in one piece, so that an error leaves no half document.
 * YAML documents that nothing changed keep their bytes, comments included; JSON documents keep
 * the bytes of everything that is not changed.
 */

#include <stdbool.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "cli/document.h"

enum inject_format { INJECT_FORMAT_INPUT, INJECT_FORMAT_YAML, INJECT_FORMAT_JSON };

struct inject_output {
    FILE *to; /* borrowed */
    enum inject_format format;
    bool is_diff;
    bool colors;

    bool is_started;  /* something was written */
    bool is_mid_line; /* and it did not end its line */
    bool has_yaml;    /* a document was YAML: all others need a line "---" before them */
    struct buf text;  /* what is written next */
    struct buf before, after, form;
    struct json_index index;
    struct arena arena;
};

void inject_output_init(struct inject_output *o, FILE *to);
void inject_output_done(struct inject_output *o);

/*
 * Prints a manifest.  changed: the new JSON text, absent when nothing changed.  label names the
 * document in a difference; printable.
 */
int inject_output_manifest(struct inject_output *o, const struct document *doc,
                           struct slice changed, struct slice label, struct error *err)
    __attribute__((warn_unused_result));

/* Prints an AdmissionReview answer as it is. */
int inject_output_answer(struct inject_output *o, struct slice answer, struct error *err)
    __attribute__((warn_unused_result));

/* Prints the difference of a review's pod (JSON, at pod of ix) and its new text. */
int inject_output_pod_diff(struct inject_output *o, const struct json_index *ix, json_ref pod,
                           struct slice changed, struct slice label, struct error *err)
    __attribute__((warn_unused_result));

#endif
