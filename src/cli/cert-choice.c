#include "cli/cert-choice.h"

static enum cert_source_id choose_source(const struct server_settings *set)
{
    unsigned id;
    if (cert_words_find(cert_words_source, set->cert.source, &id))
        return (enum cert_source_id)id;
    if (set->tls_cert_file.len > 0)
        return CERT_SOURCE_FILES;
    return set->cert.pki_address.len > 0 ? CERT_SOURCE_VAULT : CERT_SOURCE_SELF_SIGNED;
}

/* What a source needs, or cannot stand. */
static const char *find_contradiction(const struct server_settings *set,
                                      const struct cert_choice *choice)
{
    const struct cert_options *cert = &set->cert;
    bool has_files = set->tls_cert_file.len > 0;
    if (choice->source != CERT_SOURCE_FILES && has_files)
        return "-tls-cert-file contradicts this -cert-source: give one of them";
    if (choice->source == CERT_SOURCE_FILES)
        return has_files ? NULL : "-cert-source=files needs -tls-cert-file and -tls-key-file";
    if (choice->source == CERT_SOURCE_SELF_SIGNED)
        return NULL;
    if (cert->pki_role.len == 0)
        return "a certificate from Vault needs -pki-role, the role of the PKI engine to sign by";
    if (cert->pki_auth_role.len == 0 && cert->pki_token_file.len == 0)
        return "a certificate from Vault needs -pki-auth-role to log in with, or -pki-token-file";
    return set->tls_auto_hosts.len > 0
               ? NULL
               : "a certificate from Vault needs -tls-auto-hosts, the names that it is for";
}

static void warn_useless(const struct server_settings *set, const struct cert_choice *choice,
                         struct buf *warnings)
{
    const struct {
        const char *flag;
        bool is_given, has_effect;
    } rows[] = {
        { "-pki-address", set->cert.pki_address.len > 0, choice->source == CERT_SOURCE_VAULT },
        { "-pki-role", set->cert.pki_role.len > 0, choice->source == CERT_SOURCE_VAULT },
        { "-pki-token-file", set->cert.pki_token_file.len > 0,
          choice->source == CERT_SOURCE_VAULT },
        { "-cert-fallback", set->cert.fallback.len > 0, choice->source == CERT_SOURCE_VAULT },
        { "-tls-ca-cert-file", set->tls_ca_cert_file.len > 0,
          choice->source == CERT_SOURCE_FILES && choice->publishes },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].is_given && !rows[i].has_effect)
            buf_printf(warnings, "%s: has no effect here\n", rows[i].flag);
}

static int choose_webhook(const struct server_settings *set, struct slice *ret, struct error *err)
{
    struct slice one = set->tls_auto, other = set->cert.webhook_name;
    if (one.len > 0 && other.len > 0 && !slice_equal(one, other))
        return error_set(err, ERROR_USAGE,
                         "-tls-auto and -webhook-name name two webhook configurations: give one");
    *ret = one.len > 0 ? one : other;
    return 0;
}

static int choose_publishing(const struct server_settings *set, struct cert_choice *c,
                             struct error *err)
{
    bool by_default =
        c->webhook.len > 0 && (c->source != CERT_SOURCE_FILES || set->tls_ca_cert_file.len > 0);
    unsigned publish = by_default ? CERT_PUBLISH_ISSUER : CERT_PUBLISH_OFF;
    (void)cert_words_find(cert_words_publish, set->cert.publish, &publish);
    c->publishes = publish != CERT_PUBLISH_OFF;
    c->whole_chain = publish == CERT_PUBLISH_CHAIN;
    if (c->publishes && c->webhook.len == 0)
        return error_set(err, ERROR_USAGE,
                         "-publish needs -webhook-name, the MutatingWebhookConfiguration to write");
    unsigned fallback = c->publishes ? CERT_FALLBACK_SELF_SIGNED : CERT_FALLBACK_NONE;
    (void)cert_words_find(cert_words_fallback, set->cert.fallback, &fallback);
    c->has_fallback = c->source == CERT_SOURCE_VAULT && fallback == CERT_FALLBACK_SELF_SIGNED;
    return 0;
}

int cert_choose(const struct options *opt, struct cert_choice *ret, struct buf *warnings,
                struct error *err)
{
    const struct server_settings *set = &opt->server;
    struct cert_choice c = { .source = choose_source(set) };
    if (choose_webhook(set, &c.webhook, err) < 0 || choose_publishing(set, &c, err) < 0)
        return -1;
    const char *wrong = find_contradiction(set, &c);
    if (wrong)
        return error_set(err, ERROR_USAGE, "%s", wrong);
    c.pki_address =
        set->cert.pki_address.len > 0 ? set->cert.pki_address : opt->inject.vault_address;
    warn_useless(set, &c, warnings);
    *ret = c;
    return 0;
}
