/*
 * main() for fuzz entries in builds without libFuzzer: feeds each file of the directories named on
 * the command line to the entry, once, as a TAP test.  An entry fails by aborting; the plan that was
 * printed first tells the reader of the output that tests are missing then.
 */

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

#define INPUT_MAX (64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Exactly the file's bytes, so that a sanitizer sees reads behind their end; NULL when unreadable. */
static unsigned char *read_input(const char *dir, const char *name, size_t *ret_size)
{
    cleanup_free char *path = NULL;
    cleanup_close int fd = -1;
    struct stat info;
    if (asprintf(&path, "%s/%s", dir, name) < 0)
        return NULL;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info) < 0 || info.st_size > INPUT_MAX)
        return NULL;
    size_t size = (size_t)info.st_size;
    cleanup_free unsigned char *data = malloc(size > 0 ? size : 1);
    if (!data || read(fd, data, size) != info.st_size)
        return NULL;
    *ret_size = size;
    return steal_ptr(data);
}

static void replay(int number, const char *dir, const char *name)
{
    size_t size = 0;
    cleanup_free unsigned char *data = read_input(dir, name, &size);
    if (!data) {
        printf("not ok %d - %s/%s cannot be read\n", number, dir, name);
        return;
    }
    (void)LLVMFuzzerTestOneInput(data, size);
    printf("ok %d - %s\n", number, name);
}

/* Replays one directory, or only counts it when number is NULL. */
static int each_input(const char *dir, int *number)
{
    struct dirent **entries;
    int n = scandir(dir, &entries, is_visible, alphasort);
    for (int i = 0; i < n; i++) {
        if (number)
            replay((*number)++, dir, entries[i]->d_name);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return n < 0 ? 0 : n;
}

int main(int argc, char **argv)
{
    if (LLVMFuzzerInitialize)
        (void)LLVMFuzzerInitialize(&argc, &argv);
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    int inputs = 0;
    for (int i = 1; i < argc; i++)
        inputs += each_input(argv[i], NULL);
    printf("1..%d\n", inputs);
    for (int i = 1, number = 1; i < argc; i++)
        (void)each_input(argv[i], &number);
    return inputs > 0 ? 0 : 1;
}
