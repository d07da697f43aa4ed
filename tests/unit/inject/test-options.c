/* struct inject_options: the defaults of upstream, and what a server refuses at start. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "inject/options.h"
#include "inject/profile.h"

static struct inject_options sound(void)
{
    struct inject_options opt;
    inject_options_init(&opt);
    opt.vault_address = SLICE("https://vault.example:8200");
    return opt;
}

static void defaults_are_those_of_upstream(void **state)
{
    struct inject_options opt;
    (void)state;
    inject_options_init(&opt);
    assert_null(opt.profile);
    assert_true(opt.prefixes[PREFIX_VAULT] && opt.prefixes[PREFIX_OPENBAO]);
    assert_int_equal(opt.vault_address.len, 0);
    assert_true(slice_equal(opt.vault_image, SLICE("hashicorp/vault:2.0.4")));
    assert_true(slice_equal(opt.vault_auth_path, SLICE("auth/kubernetes")));
    assert_true(opt.set_security_context && opt.exit_on_retry_failure);
    assert_false(opt.run_as_same_user || opt.revoke_on_shutdown || opt.verify_patch);
}

/* Text options are never absent: an empty default counts as given. */
static void texts_are_present(void **state)
{
    struct inject_options opt;
    (void)state;
    inject_options_init(&opt);
    for (enum annotation_id id = 0; id < ANNOTATION__COUNT; id++) {
        const struct annotation *row = annotation_info(id);
        const char *field = (const char *)&opt + row->option_field;
        if (row->option_kind == OPTION_TEXT)
            assert_non_null(((const struct slice *)(const void *)field)->ptr);
    }
}

static void assert_refused(const struct inject_options *opt, const char *part)
{
    struct error err = ERROR_INIT;
    assert_int_equal(inject_options_check(opt, &err), -1);
    assert_int_equal(err.code, ERROR_USAGE);
    assert_non_null(strstr(err.msg, part));
}

static void what_cannot_work_is_refused(void **state)
{
    struct error err = ERROR_INIT;
    struct inject_options opt = sound();
    (void)state;
    assert_int_equal(inject_options_check(&opt, &err), 0);
    opt.vault_address = SLICE("");
    assert_refused(&opt, "vault-address");
    opt = sound();
    opt.vault_image = SLICE("a\xff");
    assert_refused(&opt, "vault-image");
    opt = sound();
    opt.default_template = SLICE("JSON");
    assert_refused(&opt, "default-template");
    opt = sound();
    opt.auth_min_backoff = SLICE("5");
    assert_refused(&opt, "auth-min-backoff");
    opt = sound();
    opt.auth_max_backoff = SLICE("soon");
    assert_refused(&opt, "auth-max-backoff");
    opt = sound();
    opt.prefixes[PREFIX_VAULT] = opt.prefixes[PREFIX_OPENBAO] = false;
    assert_refused(&opt, "prefix");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_those_of_upstream),
        cmocka_unit_test(texts_are_present),
        cmocka_unit_test(what_cannot_work_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
