#include "base/version.h"

/* The Makefile passes the bare text, so that no level of shell quoting is needed. */
#define TEXT_OF(x) #x
#define EXPANDED_TEXT_OF(x) TEXT_OF(x)

const char *keyhook_version(void)
{
    return EXPANDED_TEXT_OF(KEYHOOK_VERSION);
}
