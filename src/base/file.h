#ifndef SRC_BASE_FILE_H
#define SRC_BASE_FILE_H

/*
 * Reading whole files into memory.
 *
 * The limit is the buffer's own maximum.  The bytes are appended; on failure the buffer is as it
 * was. Errors are ERROR_IO ("cannot read 'name': reason"), ERROR_LIMIT and ERROR_NOMEM.
 */

#include "base/buf.h"
#include "base/error.h"

/* Regular files, pipes and devices; waits for the other end of a pipe. */
int file_read(const char *path, struct buf *out, struct error *err)
    __attribute__((warn_unused_result));

/* The same for what is open already, to its end; name stands in messages. fd stays open. */
int file_read_fd(int fd, const char *name, struct buf *out, struct error *err)
    __attribute__((warn_unused_result));

/*
 * The one word that a token file or the like consists of, without the white space around it. ERROR_SYNTAX
 * when there is none, or what is there is not one word of printable ASCII; `what` names it in messages,
 * which never show it.  The copy that is read into is wiped.  The limit is out's own maximum and the
 * white space counts.
 */
int file_read_word(const char *path, const char *what, struct buf *out, struct error *err)
    __attribute__((warn_unused_result));

#endif
