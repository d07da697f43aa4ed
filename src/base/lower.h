#ifndef SRC_BASE_LOWER_H
#define SRC_BASE_LOWER_H

/*
 * Lower case of single Unicode characters by a constant table, so that the result depends neither
 * on the locale nor on the files of the machine.
 */

#include <stdint.h>

/*
 * The simple lower-case form of a code point (Unicode 15.0, as Go's unicode.ToLower), or c itself.
 */
uint32_t lower_char(uint32_t c);

#endif
