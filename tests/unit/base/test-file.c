#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"

/* A directory of its own for each test, with the path of a file in it. */
struct place {
    char dir[64];
    char path[96];
};

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof(*place));
    assert_non_null(place);
    (void)snprintf(place->dir, sizeof(place->dir), "/tmp/keyhook-test-file-XXXXXX");
    assert_non_null(mkdtemp(place->dir));
    (void)snprintf(place->path, sizeof(place->path), "%s/data", place->dir);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    (void)unlink(place->path);
    int result = rmdir(place->dir);
    free(place);
    return result;
}

static void write_file(const char *path, size_t n)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (size_t i = 0; i < n; i++)
        assert_int_not_equal(fputc((int)('a' + i % 26), file), EOF);
    assert_int_equal(fclose(file), 0);
}

static void test_reads_all_sizes(void **state)
{
    static const size_t sizes[] = { 0, 1, 100, 65535, 65536, 65537, 200000 };
    struct place *place = *state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct error err = ERROR_INIT;
        struct buf out;
        write_file(place->path, sizes[i]);
        buf_init(&out, sizes[i]); /* exactly the limit */
        assert_int_equal(file_read(place->path, &out, &err), 0);
        assert_int_equal(out.len, sizes[i]);
        for (size_t k = 0; k < out.len; k++)
            assert_int_equal(out.data[k], 'a' + k % 26);
        buf_done(&out);
    }
}

static void test_refuses_larger_files(void **state)
{
    static const size_t sizes[] = { 1, 100, 65537 };
    struct place *place = *state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct error err = ERROR_INIT;
        struct buf out;
        write_file(place->path, sizes[i]);
        buf_init(&out, sizes[i] - 1);
        assert_int_equal(file_read(place->path, &out, &err), -1);
        assert_int_equal(err.code, ERROR_LIMIT);
        assert_non_null(strstr(err.msg, place->path));
        assert_int_equal(out.len, 0);
        assert_int_equal(out.failure, BUF_OK);
        buf_done(&out);
    }
}

static void test_appends_and_restores(void **state)
{
    struct place *place = *state;
    struct error err = ERROR_INIT;
    struct buf out;
    buf_init(&out, 10);
    buf_put_lit(&out, "12345");
    write_file(place->path, 5);
    assert_int_equal(file_read(place->path, &out, &err), 0);
    assert_string_equal(buf_cstr(&out), "12345abcde");
    out.len = 6;
    assert_int_equal(file_read(place->path, &out, &err), -1);
    assert_int_equal(out.len, 6);
    assert_string_equal(buf_cstr(&out), "12345a");
    buf_done(&out);
}

static void test_names_what_cannot_be_read(void **state)
{
    struct place *place = *state;
    struct error err = ERROR_INIT;
    struct buf out;
    char expected[256];
    buf_init(&out, 10);
    assert_int_equal(file_read(place->path, &out, &err), -1);
    assert_int_equal(err.code, ERROR_IO);
    (void)snprintf(expected, sizeof(expected), "cannot read '%s': No such file or directory",
                   place->path);
    assert_string_equal(err.msg, expected);
    assert_int_equal(file_read(place->dir, &out, &err), -1);
    assert_int_equal(err.code, ERROR_IO);
    assert_non_null(strstr(err.msg, "Is a directory"));
    assert_int_equal(file_read_fd(-1, "standard input", &out, &err), -1);
    assert_string_equal(err.msg, "cannot read 'standard input': Bad file descriptor");
    assert_int_equal(out.len, 0);
    buf_done(&out);
}

static void test_reads_pipes(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    struct buf out;
    int ends[2];
    buf_init(&out, 100);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "from a pipe", 11), 11);
    assert_int_equal(close(ends[1]), 0);
    assert_int_equal(file_read_fd(ends[0], "-", &out, &err), 0);
    assert_string_equal(buf_cstr(&out), "from a pipe");
    assert_int_equal(close(ends[0]), 0); /* it was left open */
    buf_done(&out);
}

static void test_marked_buffer(void **state)
{
    struct place *place = *state;
    struct error err = ERROR_INIT;
    struct buf out;
    write_file(place->path, 2);
    buf_init(&out, 4);
    buf_put_lit(&out, "12345");
    assert_int_equal(file_read(place->path, &out, &err), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
    buf_done(&out);
}

static int count_open_files(void)
{
    int count = 0;
    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void test_leaves_nothing_open(void **state)
{
    struct place *place = *state;
    struct error err = ERROR_INIT;
    struct buf out;
    buf_init(&out, 4);
    int before = count_open_files();
    write_file(place->path, 4);
    assert_int_equal(file_read(place->path, &out, &err), 0);
    assert_int_equal(file_read(place->path, &out, &err), -1);
    assert_int_equal(file_read(place->dir, &out, &err), -1);
    assert_int_equal(count_open_files(), before);
    buf_done(&out);
}

/* --- words ------------------------------------------------------------------------------------- */

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void test_reads_a_word(void **state)
{
    static const struct {
        const char *text, *word; /* NULL: refused */
        const char *part;        /* of the message then */
    } rows[] = {
        { "word", "word", NULL },
        { " \r\n\tword~!\n\n ", "word~!", NULL },
        { "", NULL, "there is no token in" },
        { " \n", NULL, "there is no token in" },
        { "se cret", NULL, "is not one printable word" },
        { "se\x01"
          "cret",
          NULL, "is not one printable word" },
        { "secret\x7f", NULL, "is not one printable word" },
        { "\x01secret", NULL, "is not one printable word" },
        { "s\xc3\xa9"
          "cret",
          NULL, "is not one printable word" },
        { "secret-that-is-too-long", NULL, "is larger than" },
    };
    struct place *place = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error err = ERROR_INIT;
        struct buf out;
        buf_init_secret(&out, 20);
        buf_put_lit(&out, "x ");
        write_text(place->path, rows[i].text);
        int rc = file_read_word(place->path, "token", &out, &err);
        assert_int_equal(rc, rows[i].word ? 0 : -1);
        assert_string_equal(buf_cstr(&out) + 2, rows[i].word ? rows[i].word : "");
        if (rc < 0) {
            assert_non_null(strstr(err.msg, rows[i].part));
            assert_non_null(strstr(err.msg, place->path));
            assert_null(strstr(err.msg, "cret"));
        }
        buf_done(&out);
    }
}

#define in_place(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_place(test_reads_all_sizes),      in_place(test_refuses_larger_files),
        in_place(test_appends_and_restores), in_place(test_names_what_cannot_be_read),
        cmocka_unit_test(test_reads_pipes),  in_place(test_marked_buffer),
        in_place(test_leaves_nothing_open),  in_place(test_reads_a_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
