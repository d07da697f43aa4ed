#ifndef SRC_BASE_QUOTE_H
#define SRC_BASE_QUOTE_H

#include "base/arena.h"
#include "base/str.h"

/*
 * The text in double quotes as Go's %q writes ASCII (\a \b \f \n \r \t \v \xNN \" \\); other characters
 * stay as they are.  For messages whose wording is fixed by vault-k8s.  Absent when the arena is
 * exhausted.
 */
struct slice quote_go(struct arena *arena, struct slice text) __attribute__((warn_unused_result));

#endif
