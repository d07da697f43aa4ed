#ifndef SRC_BASE_ERROR_H
#define SRC_BASE_ERROR_H

/*
 * struct error: why a call failed, on the caller's stack, nothing to free.
 *
 * A fallible function returns 0 or -1 and takes `struct error *err` last; err is never NULL, is
 * written once on failure and not touched on success.  Messages are lower case, without full stop,
 * quote user data 'like this', and never hold a token, a key or a secret's value.  A message longer
 * than ERROR_MSG_MAX is cut before a UTF-8 character and marked with "...".
 */

#define ERROR_MSG_MAX 512

enum error_code {
    ERROR_NONE,
    ERROR_NOMEM,    /* memory is gone: ours, transient */
    ERROR_SYNTAX,   /* bytes that are not what the grammar asks for */
    ERROR_SHAPE,    /* well-formed, but a member is missing or has the wrong type */
    ERROR_LIMIT,    /* a named limit was exceeded */
    ERROR_USAGE,    /* wrong command line or setting */
    ERROR_IO,       /* a file, socket or other system call failed */
    ERROR_CRYPTO,   /* a key, certificate or TLS set-up is unusable */
    ERROR_INTERNAL, /* our own mistake, found by a self-check */
    ERROR__COUNT
};

struct error {
    enum error_code code;
    char msg[ERROR_MSG_MAX];
};

/* clang-format off */
#define ERROR_INIT { ERROR_NONE, "" }
/* clang-format on */

/* What each code means to the outside; one row per code. */
struct error_info {
    const char *name; /* metric label and log word */
    int http_status;
    int exit_status;
};

const struct error_info *error_info(enum error_code code);

/* Fills err; always returns -1, so that failing is one statement. */
int error_set(struct error *err, enum error_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "context: " in front of the message; always returns -1. */
int error_wrap(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* error_set(err, ERROR_NOMEM, "out of memory"). */
int error_nomem(struct error *err);

/* The analyser reads one source at a time and must be told what error.c promises. */
#ifdef __clang_analyzer__
#define error_set(...)                \
    __extension__({                   \
        (void)error_set(__VA_ARGS__); \
        -1;                           \
    })
#define error_wrap(...)                \
    __extension__({                    \
        (void)error_wrap(__VA_ARGS__); \
        -1;                            \
    })
#define error_nomem(err)        \
    __extension__({             \
        (void)error_nomem(err); \
        -1;                     \
    })
#endif

#endif
