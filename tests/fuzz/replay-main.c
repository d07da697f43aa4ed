/*
 * main() for fuzz entries in builds without libFuzzer: feeds each file of the directories named on
 * the command line to the entry, once, as a TAP test.  An entry fails by aborting; the plan that was
 * printed first tells the reader of the output that tests are missing then.
 */

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"

#define INPUT_MAX ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* A fresh copy of exactly the file's bytes, so that a sanitizer sees reads behind the end. */
static unsigned char *read_input(const char *dir, const char *name, size_t *ret_size)
{
    cleanup_free char *path = NULL;
    if (asprintf(&path, "%s/%s", dir, name) < 0)
        return NULL;
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    unsigned char *room = malloc(INPUT_MAX);
    size_t size = room ? fread(room, 1, INPUT_MAX, file) : 0;
    (void)fclose(file);
    if (!room)
        return NULL;
    unsigned char *exact = realloc(room, size ? size : 1);
    *ret_size = size;
    return exact ? exact : room;
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
