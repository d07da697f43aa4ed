#ifndef SRC_BASE_VERSION_H
#define SRC_BASE_VERSION_H

/* The version of Keyhook: the text of the file VERSION, as in "0.1.0". Static; never NULL. */
const char *keyhook_version(void);

#endif
