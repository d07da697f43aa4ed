#ifndef SRC_INJECT_SETTER_H
#define SRC_INJECT_SETTER_H

/*
 * The setters that the annotation table names: each parses one type of value, or applies one rule.
 * Contract: annotation_set_fn in annotation.h.
 */

#include "inject/annotation.h"

annotation_set_fn set_bool; /* empty is false */
annotation_set_fn set_int;  /* empty is 0 */
annotation_set_fn set_uint;
annotation_set_fn set_float;
annotation_set_fn set_duration; /* empty is unset; keeps the text */
annotation_set_fn set_quantity; /* keeps the text; checked when a container is made */
annotation_set_fn set_patch;    /* empty is none; keeps the text */

annotation_set_fn set_token_volume;
annotation_set_fn set_secrets;
annotation_set_fn set_auth_config;
annotation_set_fn set_telemetry;
annotation_set_fn set_same_user;
annotation_set_fn set_share_processes;
annotation_set_fn set_security_context;
annotation_set_fn set_default_template;

#endif
