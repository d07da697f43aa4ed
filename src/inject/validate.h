#ifndef SRC_INJECT_VALIDATE_H
#define SRC_INJECT_VALIDATE_H

#include "inject/evaluation.h"

/* The rules that need several settings, in upstream's order.  0, or -1 with a denial in e. */
int validate_settings(struct evaluation *e) __attribute__((warn_unused_result));

#endif
