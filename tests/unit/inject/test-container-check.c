#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "inject/container-check.h"

#define ARENA_SIZE ((size_t)1 << 20)

struct fixture {
    struct json_index ix;
    struct arena arena;
    struct error err;
};

static int set_up(void **state)
{
    static struct fixture f;
    json_index_init(&f.ix);
    arena_init(&f.arena, ARENA_SIZE);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    json_index_done(&f->ix);
    arena_done(&f->arena);
    return 0;
}

/* Cases are written with ' for ". */
static int check(struct fixture *f, const char *text)
{
    char json[256];
    size_t len = strlen(text);
    assert_true(len < sizeof(json));
    for (size_t i = 0; i <= len; i++)
        json[i] = text[i] == '\'' ? '"' : text[i];
    f->err = (struct error)ERROR_INIT;
    assert_int_equal(json_scan(&f->ix, slice_of(json), &f->err), 0);
    return container_check(&f->ix, JSON_ROOT, &f->arena, &f->err);
}

static void good_containers(void **state)
{
    static const char *const good[] = {
        "{}",
        "{'name':'a','future':{'x':[null]},'args':['a',null],'env':[{'name':'A'}]}",
        "{'resources':{'limits':{'cpu':'1','memory':64,'x':null}}}",
        "{'volumeMounts':[{'name':'a','mountPath':'/a','readOnly':true}]}",
        "{'livenessProbe':{'httpGet':{'port':'http'},'periodSeconds':2147483647}}",
        "{'startupProbe':{'tcpSocket':{'port':80}},'lifecycle':{'preStop':null}}",
        "{'securityContext':{'runAsUser':-9223372036854775808,'capabilities':{'drop':['ALL']}}}",
        "{'env':[{'valueFrom':{'resourceFieldRef':{'divisor':'1m'}}}]}",
        "{'ports':null,'envFrom':[{'secretRef':{'name':'s','optional':false}}]}",
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        if (check(f, good[i]) < 0)
            fail_msg("%s: %s", good[i], f->err.msg);
    }
}

static void bad_containers(void **state)
{
    static const char *const bad[][2] = {
        { "[]", "expected an object, found an array" },
        { "null", "expected an object, found null" },
        { "{'name':1}", "name: expected a string, found a number" },
        { "{'name':'a','name':'b'}", "a member stands twice" },
        { "{'args':'a'}", "args: expected an array, found a string" },
        { "{'args':[1]}", "args: expected a string, found a number" },
        { "{'command':[{}]}", "command: expected a string" },
        { "{'env':['A=b']}", "env: expected an object" },
        { "{'env':[{'name':'A','value':1}]}", "env: value: expected a string" },
        { "{'env':[{'valueFrom':'y'}]}", "env: valueFrom: expected an object" },
        { "{'volumeMounts':[{'mountPath':[]}]}", "volumeMounts: mountPath: expected a string" },
        { "{'volumeMounts':[{'readOnly':'true'}]}", "readOnly: expected true or false" },
        { "{'resources':{'limits':{'cpu':'1x'}}}", "resources: limits: expected" },
        { "{'resources':{'requests':{'cpu':true}}}", "resources: requests: expected" },
        { "{'tty':'yes'}", "tty: expected true or false, found a string" },
        { "{'ports':[{'containerPort':'80'}]}", "containerPort: expected a 32-bit integer" },
        { "{'ports':[{'containerPort':2147483648}]}", "expected a 32-bit integer" },
        { "{'securityContext':{'runAsUser':'root'}}", "runAsUser: expected a 64-bit integer" },
        { "{'securityContext':{'runAsUser':1.5}}", "found another value" },
        { "{'securityContext':{'capabilities':['ALL']}}", "capabilities: expected an object" },
        { "{'securityContext':{'capabilities':{'drop':'ALL'}}}", "drop: expected an array" },
        { "{'lifecycle':{'preStop':'x'}}", "lifecycle: preStop: expected an object" },
        { "{'readinessProbe':{'periodSeconds':'5'}}", "periodSeconds: expected a 32-bit" },
        { "{'livenessProbe':{'httpGet':{'port':true}}}", "port: expected a port number" },
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(check(f, bad[i][0]), -1);
        assert_int_equal(f->err.code, ERROR_SHAPE);
        if (!strstr(f->err.msg, bad[i][1]))
            fail_msg("%s: %s", bad[i][0], f->err.msg);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(good_containers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_containers, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
