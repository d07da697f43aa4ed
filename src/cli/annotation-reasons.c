#include "cli/annotation-reasons.h"

#include "inject/advice.h"

/* What follows from the type of a value. */
struct type_reason {
    enum annotation_type type;
    enum reason_id reason;
};

/* What is particular to one annotation. */
struct name_reason {
    enum annotation_id id;
    enum reason_id reason;
};

/* clang-format off */
static const struct type_reason by_type[] = {
    { TYPE_BOOL,       REASON_BAD_BOOL },
    { TYPE_INT,        REASON_BAD_NUMBER },
    { TYPE_UINT,       REASON_BAD_NUMBER },
    { TYPE_FLOAT,      REASON_BAD_NUMBER },
    { TYPE_FLOAT,      REASON_CONFIG_UNSERIALISABLE },
    { TYPE_DURATION,   REASON_BAD_DURATION },
    { TYPE_QUANTITY,   REASON_BAD_QUANTITY },
    { TYPE_JSON_PATCH, REASON_BAD_JSON_PATCH },
    { TYPE_JSON_PATCH, REASON_JSON_PATCH_FAILED },
};

static const struct name_reason by_name[] = {
    { ANN_INJECT,                REASON_NOT_REQUESTED },
    { ANN_STATUS,                REASON_ALREADY_INJECTED },
    { ANN_DEFAULT_TEMPLATE,      REASON_BAD_TEMPLATE_TYPE },
    { ANN_SECRET,                REASON_BAD_SECRET_PATH },
    { ANN_REQUEST_NAMESPACE,     REASON_NO_NAMESPACE },
    { ANN_TOKEN_VOLUME,          REASON_NO_TOKEN_VOLUME },
    { ANN_RUN_AS_SAME_USER,      REASON_SAME_USER },
    { ANN_SHARE_PROCESSES,       REASON_SHARED_PROCESSES },
    { ANN_IMAGE,                 REASON_NO_IMAGE },
    { ANN_AUTH_TYPE,             REASON_NO_AUTH_TYPE },
    { ANN_ROLE,                  REASON_NO_ROLE },
    { ANN_AUTH_PATH,             REASON_NO_AUTH_PATH },
    { ANN_SERVICE,               REASON_NO_ADDRESS },
    { ANN_PRE_POPULATE,          REASON_INJECTED_NO_AGENT },
    { ANN_PRE_POPULATE_ONLY,     REASON_INJECTED_NO_AGENT },
    { ANN_PRE_POPULATE,          REASON_WARN_NO_AGENT },
    { ANN_PRE_POPULATE_ONLY,     REASON_WARN_NO_AGENT },
    { ANN_CONTAINERS,            REASON_WARN_NO_CONTAINER },
    { ANN_COPY_VOLUME_MOUNTS,    REASON_WARN_NO_CONTAINER },
    { ANN_SHARE_PROCESSES,       REASON_WARN_SHARE_IGNORED },
    { ANN_TELEMETRY,             REASON_WARN_TELEMETRY },
    { ANN_FILE,                  REASON_WARN_DESTINATION },
    { ANN_INJECT_TOKEN,          REASON_WARN_DESTINATION },
    { ANN_TOKEN_VOLUME,          REASON_WARN_TOKEN_GUESS },
    { ANN_PRESERVE_CASE,         REASON_WARN_BAD_BOOL },
};
/* clang-format on */

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

bool annotation_has_reason(enum annotation_id id, enum reason_id reason)
{
    enum annotation_type type = annotation_info(id)->type;

    if (reason == REASON_WARN_NO_SECRET)
        return advice_needs_secret(id);
    if (reason == REASON_WARN_UNCHECKED)
        return advice_checks_value(id);
    for (size_t i = 0; i < COUNT(by_name); i++)
        if (by_name[i].id == id && by_name[i].reason == reason)
            return true;
    if (id == ANN_PRESERVE_CASE) /* the one boolean that never denies */
        return false;
    for (size_t i = 0; i < COUNT(by_type); i++)
        if (by_type[i].type == type && by_type[i].reason == reason)
            return true;
    return false;
}
