#ifndef TESTS_SUPPORT_OPTION_SETS_H
#define TESTS_SUPPORT_OPTION_SETS_H

/* Settings of the server under which the fuzz entries run the engine; each passes the server's check. */

#include "inject/options.h"

#define OPTION_SETS 8u

/* Fills *ret with set number `number` modulo OPTION_SETS; 0 are the defaults. */
void option_set(unsigned number, struct inject_options *ret);

#endif
