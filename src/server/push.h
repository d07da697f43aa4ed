#ifndef SRC_SERVER_PUSH_H
#define SRC_SERVER_PUSH_H

/*
 * Takes the cost out of two system calls that libmicrohttpd makes for each answer.
 *
 * For a connection that it was handed it does not know the state of the socket's options, and sets
 * TCP_NODELAY after the header and again after the body, since that sends what the kernel holds
 * back (0.9.75, mhd_send.c).  Our sockets have the option from the start (listen-socket.c) and
 * TCP_CORK never, so there is nothing to send; and there is no way to say so.  Hence setsockopt() is
 * ours: on a worker's thread these two options of TCP are taken as set; everything else, and all of
 * it on other threads, goes to the kernel.  docs/decisions/014-setsockopt.md says what else was thought of.
 */

/* From now on, on this thread. */
void push_disable(void);

#endif
