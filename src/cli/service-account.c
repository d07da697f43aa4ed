#include "cli/service-account.h"

#include "json/write.h"

#define MOUNT_PATH "/var/run/secrets/kubernetes.io/serviceaccount"
#define NAME_PREFIX "kube-api-access-" /* any volume of this name is taken for the one we want */

static const struct slice volume_text = SLICE_INIT(
    "{\"name\":\"" SERVICE_ACCOUNT_VOLUME "\",\"projected\":{\"defaultMode\":420,\"sources\":["
    "{\"serviceAccountToken\":{\"expirationSeconds\":3607,\"path\":\"token\"}},"
    "{\"configMap\":{\"items\":[{\"key\":\"ca.crt\",\"path\":\"ca.crt\"}],"
    "\"name\":\"kube-root-ca.crt\"}},"
    "{\"downwardAPI\":{\"items\":[{\"fieldRef\":{\"apiVersion\":\"v1\","
    "\"fieldPath\":\"metadata.namespace\"},\"path\":\"namespace\"}]}}]}}");

struct planner {
    const struct json_index *ix;
    struct json_writer out;
    struct slice volume; /* name of the volume that the mounts refer to, JSON with quotes */
    bool has_mount;      /* one was added */
};

/* Opens an operation that adds to a list, or makes the list; close_add() ends it. */
static void open_add(struct planner *p, json_ref list)
{
    bool exists = json_is(p->ix, list, JSON_ARRAY);
    buf_put_slice(p->out.out, exists ? SLICE("/-\",\"value\":") : SLICE("\",\"value\":["));
}

static void close_add(struct planner *p, json_ref list)
{
    buf_put_slice(p->out.out, json_is(p->ix, list, JSON_ARRAY) ? SLICE("}") : SLICE("]}"));
    p->out.comma = true;
}

/* Begins an operation; its path follows. */
static void begin(struct planner *p)
{
    json_put_raw(&p->out, SLICE("{\"op\":\"add\",\"path\":\"/spec/"));
}

static bool is_mounted(const struct json_index *ix, json_ref mounts)
{
    json_each_element (ix, mounts, mount) {
        if (json_string_is(ix, json_member(ix, mount, SLICE("mountPath")), SLICE(MOUNT_PATH)))
            return true;
    }
    return false;
}

static void add_mounts(struct planner *p, json_ref spec, const char *list)
{
    unsigned at = 0;
    json_ref containers = json_member(p->ix, spec, slice_of(list));
    if (!json_is(p->ix, containers, JSON_ARRAY))
        return;
    json_each_element (p->ix, containers, container) {
        json_ref mounts = json_member(p->ix, container, SLICE("volumeMounts"));
        if (json_is(p->ix, container, JSON_OBJECT) && !is_mounted(p->ix, mounts)) {
            begin(p);
            buf_printf(p->out.out, "%s/%u/volumeMounts", list, at);
            open_add(p, mounts);
            buf_put_lit(p->out.out, "{\"name\":");
            buf_put_slice(p->out.out, p->volume);
            buf_put_lit(p->out.out, ",\"readOnly\":true,\"mountPath\":\"" MOUNT_PATH "\"}");
            close_add(p, mounts);
            p->has_mount = true;
        }
        at++;
    }
}

/* The name of a volume that already is one, or absent. */
static struct slice find_volume(const struct json_index *ix, json_ref volumes)
{
    if (!json_is(ix, volumes, JSON_ARRAY))
        return SLICE_ABSENT;
    json_each_element (ix, volumes, volume) {
        json_ref name = json_member(ix, volume, SLICE("name"));
        if (json_is(ix, name, JSON_STRING) &&
            slice_has_prefix(json_escaped(ix, name), SLICE(NAME_PREFIX)))
            return json_raw(ix, name);
    }
    return SLICE_ABSENT;
}

bool service_account_patch(const struct json_index *ix, json_ref pod, struct buf *patch)
{
    size_t before = patch->len;
    json_ref spec = json_member(ix, pod, SLICE("spec"));
    json_ref volumes = json_member(ix, spec, SLICE("volumes"));
    struct slice found = find_volume(ix, volumes);
    struct planner p = { .ix = ix, .out = json_writer(patch), .volume = found };
    if (json_is(ix, json_member(ix, spec, SLICE("automountServiceAccountToken")), JSON_FALSE))
        return false;
    if (!slice_is_present(found))
        p.volume = SLICE("\"" SERVICE_ACCOUNT_VOLUME "\"");
    json_open(&p.out, '[');
    add_mounts(&p, spec, "initContainers");
    add_mounts(&p, spec, "containers");
    if (p.has_mount && !slice_is_present(found)) {
        begin(&p);
        buf_put_lit(patch, "volumes");
        open_add(&p, volumes);
        buf_put_slice(patch, volume_text);
        close_add(&p, volumes);
    }
    json_close(&p.out, ']');
    if (!p.has_mount)
        patch->len = before;
    return p.has_mount;
}
