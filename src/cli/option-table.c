#include "cli/option-table.h"

#include <ctype.h>
#include <string.h>

#include "cli/command.h"
#include "cli/option-check.h"
#include "cli/option-values.h"
#include "cli/server-limit.h"

#define TEXT(m) OPTION_TEXT(struct options, m)
#define BOOL(m) OPTION_BOOL(struct options, m)
#define INT(m) OPTION_INT(struct options, m)
#define DURATION(m) OPTION_DURATION(struct options, m)
#define FLOAT(m) OPTION_FLOAT(struct options, m)

#define UP(name) .env = "AGENT_INJECT_" name, .since = "vault-k8s"
#define UP_ALIAS(name) UP(name), .alias = name
#define OWN(name) .env = "KEYHOOK_" name, .since = "keyhook"

#define ENGINE(g) .group = OPTION_GROUP_##g, .commands = COMMAND_SERVE | COMMAND_INJECT
#define SERVER(g) .group = OPTION_GROUP_##g, .commands = COMMAND_SERVE
#define CHECKED(g) .group = OPTION_GROUP_##g, .commands = COMMAND_SERVE | COMMAND_CHECK
#define LIMIT SERVER(LIMIT), .check = check_server_limit

/* clang-format off */
const struct option option_rows[] = {
    /* where the secrets are */
    { "vault-address", UP("VAULT_ADDR"), TEXT(inject.vault_address), .def = "",
      ENGINE(VAULT), .check = check_vault_address, .metavar = "URL",
      .help = "address of Vault or OpenBao as the pods see it; required" },
    { "vault-auth-type", UP("VAULT_AUTH_TYPE"), TEXT(inject.vault_auth_type), .def = "kubernetes",
      ENGINE(VAULT), .metavar = "TYPE", .help = "auth method of the agents" },
    { "vault-auth-path", UP("VAULT_AUTH_PATH"), TEXT(inject.vault_auth_path), .def = "auth/kubernetes",
      ENGINE(VAULT), .metavar = "PATH", .help = "mount path of the auth method" },
    { "vault-namespace", UP("VAULT_NAMESPACE"), TEXT(inject.vault_namespace), .def = "",
      ENGINE(VAULT), .metavar = "NAME", .help = "Vault namespace that the agents log in to" },
    { "vault-cacert-bytes", UP("VAULT_CACERT_BYTES"), TEXT(inject.vault_cacert_bytes), .def = "",
      ENGINE(VAULT), .metavar = "PEM",
      .help = "CA certificates for Vault, as PEM or as base64 of PEM, handed to every agent" },
    { "proxy-address", UP("PROXY_ADDR"), TEXT(inject.proxy_address), .def = "",
      ENGINE(VAULT), .metavar = "URL", .help = "HTTPS proxy between the agents and Vault" },
    { "auth-min-backoff", UP("AUTH_MIN_BACKOFF"), TEXT(inject.auth_min_backoff), .def = "",
      ENGINE(VAULT), .check = check_duration, .metavar = "DURATION",
      .help = "shortest wait of the agents after a failed login" },
    { "auth-max-backoff", UP("AUTH_MAX_BACKOFF"), TEXT(inject.auth_max_backoff), .def = "",
      ENGINE(VAULT), .check = check_duration, .metavar = "DURATION",
      .help = "longest wait of the agents after failed logins" },
    { "disable-idle-connections", UP("DISABLE_IDLE_CONNECTIONS"), TEXT(inject.disable_idle_connections), .def = "",
      ENGINE(VAULT), .metavar = "LIST",
      .help = "agent features that keep no idle connections: auto-auth, caching, templating" },
    { "disable-keep-alives", UP("DISABLE_KEEP_ALIVES"), TEXT(inject.disable_keep_alives), .def = "",
      ENGINE(VAULT), .metavar = "LIST",
      .help = "agent features that use each connection once: auto-auth, caching, templating" },

    /* the agent containers */
    { "vault-image", UP("VAULT_IMAGE"), TEXT(inject.vault_image), .def = "hashicorp/vault:2.0.4",
      ENGINE(AGENT), .metavar = "IMAGE", .help = "image of the agent containers" },
    { "run-as-user", UP("RUN_AS_USER"), TEXT(inject.run_as_user), .def = "100",
      ENGINE(AGENT), .check = check_id, .metavar = "UID", .help = "user id of the agent containers" },
    { "run-as-group", UP("RUN_AS_GROUP"), TEXT(inject.run_as_group), .def = "1000",
      ENGINE(AGENT), .check = check_id, .metavar = "GID", .help = "group id of the agent containers" },
    { "run-as-same-user", UP("RUN_AS_SAME_USER"), BOOL(inject.run_as_same_user), .def = "false",
      ENGINE(AGENT), .help = "run the agents as the user of the pod's first container" },
    { "set-security-context", UP("SET_SECURITY_CONTEXT"), BOOL(inject.set_security_context), .def = "true",
      ENGINE(AGENT), .help = "give the agent containers a security context" },
    { "revoke-on-shutdown", UP("REVOKE_ON_SHUTDOWN"), BOOL(inject.revoke_on_shutdown), .def = "false",
      ENGINE(AGENT), .help = "revoke the sidecar's token when its pod stops" },

    /* how secrets are rendered */
    { "default-template", UP("DEFAULT_TEMPLATE"), TEXT(inject.default_template), .def = "map",
      ENGINE(TEMPLATE), .check = check_default_template, .metavar = "map|json",
      .help = "form of secrets without a template of their own" },
    { "template-config-exit-on-retry-failure", UP("TEMPLATE_CONFIG_EXIT_ON_RETRY_FAILURE"),
      BOOL(inject.exit_on_retry_failure), .def = "true",
      ENGINE(TEMPLATE), .help = "end an agent that cannot render a secret after all its retries" },
    { "template-static-secret-render-interval", UP("TEMPLATE_STATIC_SECRET_RENDER_INTERVAL"),
      TEXT(inject.static_secret_render_interval), .def = "",
      ENGINE(TEMPLATE), .metavar = "DURATION",
      .help = "how often the agents render secrets without a lease again" },
    { NULL, UP("TEMPLATE_MAX_CONNECTIONS_PER_HOST"), INT(inject.max_connections_per_host), .def = "0",
      ENGINE(TEMPLATE), .metavar = "COUNT",
      .help = "connections that the template engine of an agent opens to one host; 0 is its own default" },
    { NULL, UP("TEMPLATE_LEASE_RENEWAL_THRESHOLD"), FLOAT(server.lease_renewal_threshold), .def = "0",
      ENGINE(TEMPLATE), .check = check_lease_threshold, .metavar = "NUMBER",
      .help = "checked at start, but without effect, as in vault-k8s; the annotation has one" },

    /* resources of the agent containers */
    { "cpu-request", UP("CPU_REQUEST"), TEXT(inject.cpu_request), .def = "250m",
      ENGINE(RESOURCES), .check = check_quantity, .metavar = "QUANTITY",
      .help = "CPU request of each agent container; empty for none" },
    { "cpu-limit", UP("CPU_LIMIT"), TEXT(inject.cpu_limit), .def = "500m",
      ENGINE(RESOURCES), .check = check_quantity, .metavar = "QUANTITY",
      .help = "CPU limit of each agent container; empty for none" },
    { "memory-request", UP("MEM_REQUEST"), TEXT(inject.memory_request), .def = "64Mi",
      ENGINE(RESOURCES), .check = check_quantity, .metavar = "QUANTITY",
      .help = "memory request of each agent container; empty for none" },
    { "memory-limit", UP("MEM_LIMIT"), TEXT(inject.memory_limit), .def = "128Mi",
      ENGINE(RESOURCES), .check = check_quantity, .metavar = "QUANTITY",
      .help = "memory limit of each agent container; empty for none" },
    { "ephemeral-storage-request", UP("EPHEMERAL_REQUEST"), TEXT(inject.ephemeral_request), .def = "",
      ENGINE(RESOURCES), .check = check_quantity, .metavar = "QUANTITY",
      .help = "ephemeral storage request of each agent container; empty for none" },
    { "ephemeral-storage-limit", UP("EPHEMERAL_LIMIT"), TEXT(inject.ephemeral_limit), .def = "",
      ENGINE(RESOURCES), .check = check_quantity, .metavar = "QUANTITY",
      .help = "ephemeral storage limit of each agent container; empty for none" },

    /* the engine as a whole */
    { "annotation-prefixes", OWN("ANNOTATION_PREFIXES"), TEXT(annotation_prefixes),
      .def = "vault.hashicorp.com,openbao.org", .def_agent_inject = "vault.hashicorp.com",
      ENGINE(ENGINE), .check = check_prefixes, .metavar = "LIST",
      .help = "prefixes under which annotations are read" },
    { "profile", OWN("PROFILE"), TEXT(profile), .def = "vault-k8s",
      ENGINE(ENGINE), .check = check_profile, .metavar = "NAME",
      .help = "set of defaults for what is added to pods" },
    { "verify-patch", OWN("VERIFY_PATCH"), BOOL(inject.verify_patch), .def = "false",
      ENGINE(ENGINE), .help = "apply each patch and read the result before it is sent" },

    /* the daemon */
    { "listen", UP("LISTEN"), TEXT(server.listen), .def = ":8080",
      CHECKED(SERVER), .check = check_listen, .metavar = "HOST:PORT", .help = "address of the TLS port" },
    { "telemetry-path", UP("TELEMETRY_PATH"), TEXT(server.telemetry_path), .def = "",
      SERVER(SERVER), .check = check_telemetry_path, .metavar = "PATH",
      .help = "path of the metrics on the TLS port; empty for none" },
    { "body-limit", OWN("BODY_LIMIT"), INT(server.body_limit), .def = "8388608",
      SERVER(SERVER), .check = check_server_limit, .metavar = "BYTES",
      .help = "largest request body, 65536 to 67108864 bytes" },
    { "plain-listen", OWN("PLAIN_LISTEN"), TEXT(server.plain_listen), .def = "",
      SERVER(SERVER), .check = check_listen, .metavar = "HOST:PORT",
      .help = "address of a port without TLS for health, metrics and version; empty for none" },
    { "workers", OWN("WORKERS"), INT(server.workers), .def = "0",
      LIMIT, .metavar = "COUNT",
      .help = "threads that answer requests; 0 is one for each CPU that the process may use" },
    { "drain-period", OWN("DRAIN_PERIOD"), DURATION(server.drain_period), .def = "10s", LIMIT,
      .help = "how long requests are still taken after SIGTERM, while endpoints are being removed" },
    { "stop-timeout", OWN("STOP_TIMEOUT"), DURATION(server.stop_timeout), .def = "10s", LIMIT,
      .help = "how long requests in flight may take at the end" },
    { "use-leader-elector", UP("USE_LEADER_ELECTOR"), BOOL(server.use_leader_elector), .def = "false",
      SERVER(SERVER), .check = check_leader_elector,
      .help = "accepted for vault-k8s; has no effect, as replicas need no leader" },
    { NULL, .env = "NAMESPACE", .since = "vault-k8s", TEXT(server.namespace), .def = "default",
      SERVER(SERVER), .metavar = "NAME", .help = "namespace that the program runs in" },
    { NULL, .env = "POD_NAME", .since = "vault-k8s", TEXT(server.pod_name), .def = "",
      SERVER(SERVER), .metavar = "NAME", .help = "name of the pod that the program runs in" },

    /* limits of the daemon */
    { "connections-per-worker", OWN("CONNECTIONS_PER_WORKER"), INT(server.connections_per_worker), .def = "512",
      LIMIT, .metavar = "COUNT",
      .help = "open connections for each worker; beyond, the oldest one without a request makes room" },
    { "connections-per-source", OWN("CONNECTIONS_PER_SOURCE"), INT(server.connections_per_source), .def = "0",
      LIMIT, .metavar = "COUNT",
      .help = "open connections from one address; 0 is no limit, as all API servers may share an address" },
    { "in-flight-limit", OWN("IN_FLIGHT_LIMIT"), INT(server.in_flight_limit), .def = "256",
      LIMIT, .metavar = "COUNT",
      .help = "admission requests at a time for each worker; further ones are answered 503" },
    { "bodies-limit", OWN("BODIES_LIMIT"), INT(server.bodies_limit), .def = "67108864",
      LIMIT, .metavar = "BYTES",
      .help = "memory for all bodies and answers at a time, half of it for those above 64 KiB, at least twice "
              "-body-limit; further ones are answered 503; 0 is no limit" },
    { "header-limit", OWN("HEADER_LIMIT"), INT(server.header_limit), .def = "32768",
      LIMIT, .metavar = "BYTES",
      .help = "memory for the head of a request; larger ones are answered 431" },
    { "handshake-timeout", OWN("HANDSHAKE_TIMEOUT"), DURATION(server.handshake_timeout), .def = "10s", LIMIT,
      .help = "time for the TLS handshake" },
    { "request-timeout", OWN("REQUEST_TIMEOUT"), DURATION(server.request_timeout), .def = "10s", LIMIT,
      .help = "time from the first to the last byte of a request, and again for its answer" },
    { "idle-timeout", OWN("IDLE_TIMEOUT"), DURATION(server.idle_timeout), .def = "120s", LIMIT,
      .help = "time between requests; below 90s the API server may lose a race against the end" },
    { "requests-per-connection", OWN("REQUESTS_PER_CONNECTION"), INT(server.requests_per_connection), .def = "0",
      LIMIT, .metavar = "COUNT",
      .help = "requests after which a connection ends; 0 is no limit" },
    { "connection-age", OWN("CONNECTION_AGE"), DURATION(server.connection_age), .def = "10m", LIMIT,
      .help = "age, give or take a tenth, at which a connection ends with its next answer; 0 is no limit" },

    /* the serving certificate and TLS */
    { "tls-cert-file", UP_ALIAS("TLS_CERT_FILE"), TEXT(server.tls_cert_file), .def = "",
      CHECKED(TLS), .check = check_tls_cert_file, .metavar = "FILE",
      .help = "serving certificate and its chain, PEM; see -cert-source for what comes without it" },
    { "tls-key-file", UP_ALIAS("TLS_KEY_FILE"), TEXT(server.tls_key_file), .def = "",
      CHECKED(TLS), .check = check_tls_key_file, .metavar = "FILE",
      .help = "private key of the serving certificate, PEM" },
    { "tls-ca-cert-file", UP_ALIAS("TLS_CA_CERT_FILE"), TEXT(server.tls_ca_cert_file), .def = "",
      CHECKED(TLS), .metavar = "FILE",
      .help = "CA certificates that the API server is to trust for -tls-cert-file, PEM; published with -tls-auto" },
    { "tls-auto", UP_ALIAS("TLS_AUTO"), TEXT(server.tls_auto), .def = "",
      CHECKED(TLS), .metavar = "NAME",
      .help = "MutatingWebhookConfiguration of this webhook, whose caBundle is kept up to date" },
    { "tls-auto-hosts", UP_ALIAS("TLS_AUTO_HOSTS"), TEXT(server.tls_auto_hosts), .def = "",
      CHECKED(TLS), .metavar = "LIST",
      .help = "names and addresses of a certificate that is made here or by Vault; one from files is looked at whether it has them" },
    { "tls-self-signed-out", OWN("TLS_SELF_SIGNED_OUT"), TEXT(server.tls_self_signed_out), .def = "",
      SERVER(TLS), .check = check_self_signed, .metavar = "FILE",
      .help = "file that a self-signed certificate is written to, PEM, for clients that verify it" },
    { "tls-min-version", UP_ALIAS("TLS_MIN_VERSION"), TEXT(server.tls_min_version), .def = "tls12",
      SERVER(TLS), .check = check_tls_min_version, .metavar = "tls12|tls13",
      .help = "oldest TLS version; tls10 and tls11 are accepted and mean tls12" },
    { "tls-cipher-suites", UP_ALIAS("TLS_CIPHER_SUITES"), TEXT(server.tls_cipher_suites), .def = "",
      SERVER(TLS), .check = check_tls_suites, .metavar = "LIST",
      .help = "TLS 1.2 cipher suites by their IANA names; empty for a good choice" },

    /* where the certificate comes from, and its publication */
    { "cert-source", OWN("CERT_SOURCE"), TEXT(server.cert.source), .def = "",
      CHECKED(CERT), .check = check_cert_source, .metavar = "vault|files|self-signed",
      .help = "who gives the serving certificate; else files with -tls-cert-file, vault with -pki-address, or self-signed" },
    { "cert-fallback", OWN("CERT_FALLBACK"), TEXT(server.cert.fallback), .def = "",
      SERVER(CERT), .check = check_cert_fallback, .metavar = "self-signed|none",
      .help = "what stands in when Vault gives no certificate; self-signed if the caBundle is published" },
    { "pki-address", OWN("PKI_ADDRESS"), TEXT(server.cert.pki_address), .def = "",
      CHECKED(CERT), .check = check_pki_address, .metavar = "URL",
      .help = "address of the Vault or OpenBao that signs the serving certificate; with -cert-source=vault that of the pods, if not given" },
    { "pki-path", OWN("PKI_PATH"), TEXT(server.cert.pki_path), .def = "pki",
      CHECKED(CERT), .metavar = "PATH", .help = "mount path of its PKI engine" },
    { "pki-role", OWN("PKI_ROLE"), TEXT(server.cert.pki_role), .def = "",
      CHECKED(CERT), .metavar = "NAME", .help = "role of the PKI engine that the certificate is signed by" },
    { "pki-ttl", OWN("PKI_TTL"), DURATION(server.cert.pki_ttl), .def = "24h",
      SERVER(CERT), .check = check_server_limit,
      .help = "life to ask for; what is granted counts, and 2/3 of it are used" },
    { "pki-auth-path", OWN("PKI_AUTH_PATH"), TEXT(server.cert.pki_auth_path), .def = "auth/kubernetes",
      CHECKED(CERT), .metavar = "PATH", .help = "mount path of the kubernetes auth method for that" },
    { "pki-auth-role", OWN("PKI_AUTH_ROLE"), TEXT(server.cert.pki_auth_role), .def = "",
      CHECKED(CERT), .metavar = "NAME", .help = "role of the auth method" },
    { "pki-namespace", OWN("PKI_NAMESPACE"), TEXT(server.cert.pki_namespace), .def = "",
      CHECKED(CERT), .metavar = "NAME", .help = "Vault namespace of both" },
    { "pki-jwt-file", OWN("PKI_JWT_FILE"), TEXT(server.cert.pki_jwt_file), .def = "",
      CHECKED(CERT), .metavar = "FILE",
      .help = "service-account token to log in with; else /var/run/secrets/keyhook/vault/token, or the pod's usual one if that is not there" },
    { "pki-token-file", OWN("PKI_TOKEN_FILE"), TEXT(server.cert.pki_token_file), .def = "",
      CHECKED(CERT), .metavar = "FILE", .help = "file with a Vault token; instead of a login" },
    { "pki-ca-file", OWN("PKI_CA_FILE"), TEXT(server.cert.pki_ca_file), .def = "",
      CHECKED(CERT), .metavar = "FILE", .help = "CA certificates for the connection to -pki-address, PEM; empty for the system's" },
    { "pki-server-name", OWN("PKI_SERVER_NAME"), TEXT(server.cert.pki_server_name), .def = "",
      CHECKED(CERT), .metavar = "NAME", .help = "name in the certificate of -pki-address, if it is not the host" },
    { "webhook-name", OWN("WEBHOOK_NAME"), TEXT(server.cert.webhook_name), .def = "",
      CHECKED(CERT), .metavar = "NAME", .help = "the same as -tls-auto" },
    { "publish", OWN("PUBLISH"), TEXT(server.cert.publish), .def = "",
      CHECKED(CERT), .check = check_publish, .metavar = "off|issuer|chain",
      .help = "what goes into the caBundle of -tls-auto: nothing, who issued the certificate, or its whole chain; else issuer, and off with -tls-cert-file unless -tls-ca-cert-file is given" },
    { "publish-settle", OWN("PUBLISH_SETTLE"), DURATION(server.cert.publish_settle), .def = "10s",
      SERVER(CERT), .check = check_server_limit,
      .help = "time between the publication of an anchor and the first use of its certificate" },
    { "kube-dir", OWN("KUBE_DIR"), TEXT(server.cert.kube_dir), .def = "",
      CHECKED(CERT), .metavar = "DIR",
      .help = "service-account directory with token, ca.crt and namespace; empty for the usual one" },

    /* logging */
    { "log-level", UP("LOG_LEVEL"), TEXT(server.log_level), .def = "info",
      SERVER(LOG), .check = check_log_level, .metavar = "LEVEL",
      .help = "least important messages to log: trace, debug, info, warn or error" },
    { "log-format", UP("LOG_FORMAT"), TEXT(server.log_format), .def = "standard",
      SERVER(LOG), .check = check_log_format, .metavar = "standard|json",
      .help = "form of log lines" },
};
/* clang-format on */

const size_t option_row_count = sizeof(option_rows) / sizeof(option_rows[0]);

/* "vault-addr" and "VAULT_ADDR" for "AGENT_INJECT_VAULT_ADDR", and the variable's name itself. */
static bool is_variable(const char *variable, struct slice name)
{
    static const char *const prefixes[] = { "", "AGENT_INJECT_", "KEYHOOK_" };

    for (size_t p = 0; p < sizeof(prefixes) / sizeof(prefixes[0]); p++) {
        size_t skip = strlen(prefixes[p]), i = 0;

        if (strncmp(variable, prefixes[p], skip) != 0 || strlen(variable) - skip != name.len)
            continue;
        while (i < name.len && (name.ptr[i] == '-' ? '_' : toupper((unsigned char)name.ptr[i])) ==
                                   variable[skip + i])
            i++;
        if (i == name.len)
            return true;
    }
    return false;
}

const struct option *option_find(struct slice name)
{
    for (size_t i = 0; i < option_row_count; i++)
        if (option_rows[i].flag && slice_equal(slice_of(option_rows[i].flag), name))
            return &option_rows[i];
    for (size_t i = 0; i < option_row_count; i++)
        if (is_variable(option_rows[i].env, name))
            return &option_rows[i];
    return NULL;
}

const char *option_group_title(enum option_group group)
{
    static const char *const titles[OPTION_GROUP__COUNT] = {
        [OPTION_GROUP_COMMAND] = "This command",
        [OPTION_GROUP_VAULT] = "Vault or OpenBao",
        [OPTION_GROUP_AGENT] = "Agent containers",
        [OPTION_GROUP_TEMPLATE] = "Templates",
        [OPTION_GROUP_RESOURCES] = "Resources of the agent containers",
        [OPTION_GROUP_ENGINE] = "Injection as a whole",
        [OPTION_GROUP_SERVER] = "Server",
        [OPTION_GROUP_LIMIT] = "Limits of the server",
        [OPTION_GROUP_TLS] = "Serving certificate and TLS",
        [OPTION_GROUP_CERT] = "Where the certificate comes from, and its publication",
        [OPTION_GROUP_LOG] = "Log",
    };

    return titles[group];
}
