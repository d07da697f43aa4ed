#include "inject/validate.h"

static bool lacks_namespace(const struct evaluation *e)
{
    return e->settings.request_namespace.len == 0;
}

static bool lacks_token(const struct evaluation *e)
{
    const struct token_volume *t = &e->settings.token;
    return t->name.len == 0 || t->mount_path.len == 0 || t->token_path.len == 0;
}

static bool lacks_image(const struct evaluation *e)
{
    return e->settings.image.len == 0;
}

static bool lacks_auth_type(const struct evaluation *e)
{
    return e->settings.auth_type.len == 0;
}

static bool lacks_role(const struct evaluation *e)
{
    struct slice config = annotation_set_member(&e->set, ANN_AUTH_CONFIG, SLICE("role"));
    return slice_equal(e->settings.auth_type, SLICE("kubernetes")) && e->settings.role.len == 0 &&
           config.len == 0;
}

static bool lacks_auth_path(const struct evaluation *e)
{
    return e->settings.auth_path.len == 0;
}

static bool lacks_address(const struct evaluation *e)
{
    return e->settings.address.len == 0;
}

struct rule {
    bool (*is_broken)(const struct evaluation *e);
    bool with_configmap; /* holds in ConfigMap mode too */
    enum reason_id reason;
    const char *text; /* upstream's */
    const char *hint; /* what would be right; goes into a warning */
};

/* clang-format off */
static const struct rule rules[] = {
    { lacks_namespace, true,  REASON_NO_NAMESPACE,    "namespace missing from request",
      "agent-request-namespace is present and empty: remove it" },
    { lacks_token,     true,  REASON_NO_TOKEN_VOLUME, "no service account token volume name, mount path or token path found",
      "the mount of the service account token needs a name and a mountPath" },
    { lacks_image,     true,  REASON_NO_IMAGE,        "no Vault image found",
      "agent-image is present and empty: name an image or remove it" },
    { lacks_auth_type, false, REASON_NO_AUTH_TYPE,    "no Vault Auth Type found",
      "auth-type is present and empty: name an auth method or remove it" },
    { lacks_role,      false, REASON_NO_ROLE,         "no Vault role found",
      "auth type kubernetes needs the annotation role (or auth-config-role)" },
    { lacks_auth_path, false, REASON_NO_AUTH_PATH,    "no Vault Auth Path found",
      "auth-path is present and empty: name the mount, such as auth/kubernetes, or remove it" },
    { lacks_address,   false, REASON_NO_ADDRESS,      "no Vault address found",
      "service is present and empty: give Vault's URL or remove it" },
};
/* clang-format on */

int validate_settings(struct evaluation *e)
{
    if (evaluation_run(e, STEP_VALIDATE) < 0)
        return -1;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        const struct rule *r = &rules[i];
        if ((e->settings.configmap.len > 0 && !r->with_configmap) || !r->is_broken(e))
            continue;
        evaluation_warn(e, REASON_WARN_DETAIL, "%s", r->hint);
        return evaluation_deny(e, r->reason, "%s", r->text);
    }
    return 0;
}
