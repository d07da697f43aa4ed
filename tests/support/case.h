#ifndef TESTS_SUPPORT_CASE_H
#define TESTS_SUPPORT_CASE_H

/*
 * Cases: folders with a review or a pod and the settings to judge it by.
 *
 *   request.json or review.json   the AdmissionReview; or
 *   pod.json                      the pod alone, for which the review is made here
 *   config.json                   optional: {"env": {"NAME": "value" or null}, "args": ["-flag=value"]}
 *
 * On top of the built-in defaults every case has the Vault address CASE_VAULT_ADDRESS.  One owner; all
 * texts live as long as the list.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "cli/options.h"

#define CASE_VAULT_ADDRESS "https://vault.vault.svc:8200"
#define CASE_BODY_MAX ((size_t)16 << 20)
#define CASE_SETTINGS_MAX 64 /* arguments or variables of one case */
#define CASES_MAX 4096

struct test_case {
    struct slice path; /* of the folder */
    struct slice body; /* the review's bytes */
    struct options options;
    bool is_refused; /* the settings are refused at start: `refusal` says why */
    struct error refusal;
};

struct case_list {
    struct test_case *at;
    size_t count;
    struct arena arena;
};

/*
 * Reads the cases of each root: a case folder itself, or <root>/<area>/<case>, in the order of their
 * names.  Folders without one of the three files are passed over.
 */
int case_list_read(struct case_list *ret, const char *const *roots, size_t n, struct error *err)
    __attribute__((warn_unused_result));
void case_list_done(struct case_list *l);

#endif
