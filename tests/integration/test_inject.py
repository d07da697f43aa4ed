"""`keyhook inject` as people run it: manifests and reviews in, result on stdout, words on stderr.

The binary is $KEYHOOK, else build/keyhook.
"""

import base64
import json
import os
import pty
import subprocess

import pytest
import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KEYHOOK = os.environ.get("KEYHOOK", os.path.join(ROOT, "build", "keyhook"))
PREFIX = "vault.hashicorp.com/"
TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
ENV = {"AGENT_INJECT_VAULT_ADDR": "https://vault.example:8200", "PATH": os.environ["PATH"]}


class Result:
    def __init__(self, done):
        self.status = done.returncode
        self.bytes = done.stdout
        self.out = done.stdout.decode("utf-8", "replace")
        self.err = done.stderr.decode("utf-8", "replace")

    def docs(self):
        return list(yaml.safe_load_all(self.out))


def run(text, *args, env=None, status=0):
    data = text if isinstance(text, bytes) else text.encode()
    done = subprocess.run([KEYHOOK, "inject", *args], input=data, capture_output=True, timeout=60,
                          env={**ENV, **(env or {})}, check=False)
    result = Result(done)
    assert result.status == status, result.err
    return result


def annotations(**more):
    names = {"agent-inject": "true", "role": "web", "agent-inject-secret-db": "kv/web"}
    names.update({k.replace("_", "-"): v for k, v in more.items()})
    return {PREFIX + k: v for k, v in names.items() if v is not None}


def template(notes=None, **spec):
    return {"metadata": {"annotations": annotations() if notes is None else notes},
            "spec": {"containers": [{"name": "app", "image": "app:1"}], **spec}}


def pod(name="p", notes=None, **spec):
    made = template(notes, **spec)
    made["metadata"]["name"] = name
    return {"apiVersion": "v1", "kind": "Pod", **made}


def workload(kind, version, notes=None, **spec):
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "web"},
            "spec": {"template": template(notes, **spec)}}


def names(spec, member):
    return [c["name"] for c in spec.get(member) or []]


def review(pod_object, **request):
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
            "request": {"uid": "u-1", "operation": "CREATE", "namespace": "shop",
                        "kind": {"group": "", "version": "v1", "kind": "Pod"},
                        "object": pod_object, **request}}


def with_token(made):
    made["spec"]["volumes"] = [{"name": "kube-api-access-x", "projected": {"sources": []}}]
    made["spec"]["containers"][0]["volumeMounts"] = [
        {"name": "kube-api-access-x", "mountPath": TOKEN_PATH}]
    return made


KINDS = [
    (workload("Deployment", "apps/v1"), ["spec", "template"]),
    (workload("ReplicaSet", "apps/v1"), ["spec", "template"]),
    (workload("StatefulSet", "apps/v1"), ["spec", "template"]),
    (workload("DaemonSet", "apps/v1"), ["spec", "template"]),
    (workload("Deployment", "extensions/v1beta1"), ["spec", "template"]),
    (workload("Job", "batch/v1"), ["spec", "template"]),
    (workload("ReplicationController", "v1"), ["spec", "template"]),
    ({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "web"},
      "spec": {"jobTemplate": {"spec": {"template": template()}}}},
     ["spec", "jobTemplate", "spec", "template"]),
    ({"apiVersion": "v1", "kind": "PodTemplate", "metadata": {"name": "web"},
      "template": template()}, ["template"]),
    (pod("web"), []),
]


@pytest.mark.parametrize("form", ["yaml", "json"])
@pytest.mark.parametrize("manifest,path", KINDS, ids=[m["kind"] + "-" + m["apiVersion"].replace("/", "-") for m, _ in KINDS])
def test_kinds(manifest, path, form):
    text = json.dumps(manifest) if form == "json" else yaml.safe_dump(manifest, sort_keys=False)
    result = run(text)
    (made,) = [json.loads(result.out)] if form == "json" else result.docs()
    for step in path:
        made = made[step]
    assert names(made["spec"], "initContainers") == ["vault-agent-init"]
    assert names(made["spec"], "containers") == ["app", "vault-agent"]
    assert made["metadata"]["annotations"][PREFIX + "agent-inject-status"] == "injected"
    assert "%s default/web: injected (init + sidecar, 1 secret)\n" % manifest["kind"] in result.err


@pytest.mark.parametrize("manifest", [
    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "b"}},
    {"apiVersion": "batch.example/v1", "kind": "Job", "spec": {"template": template()}},
    {"apiVersion": "example.org/v1", "kind": "Pod", **template()},
])
def test_unknown_kinds_pass_unchanged(manifest):
    text = json.dumps(manifest, indent=1) + "\n"
    result = run(text)
    assert result.out == text
    assert ("annotations" in result.err) == (PREFIX in text)
    assert len(result.err.splitlines()) == (PREFIX in text)


@pytest.mark.parametrize("kind,version,hint", [
    ("Deploymnet", "apps/v1", "did you mean Deployment?"),
    ("deployment", "apps/v1", "did you mean Deployment?"),
    ("CronJob", "apps/v1", "CronJob is known in batch"),
    ("Rollout", "argoproj.io/v1alpha1", "is not read here"),
])
def test_annotations_in_kinds_that_are_not_read(kind, version, hint):
    result = run(json.dumps({"kind": "List", "items": [workload(kind, version)]}))
    assert result.err.startswith(kind + " default/web: unchanged, with annotations under vault.hashicorp.com/: ")
    assert hint in result.err and len(result.err.splitlines()) == 1


def test_other_annotations_below_the_prefix_are_nobodys_mistake():
    """Vault's own: metadata of an alias."""
    made = {"kind": "ServiceAccount", "metadata": {"annotations": {PREFIX + "alias-metadata-env": "x"}}}
    assert run(json.dumps(made)).err == ""


def test_annotations_without_the_opt_in():
    notes = annotations(agent_inject=None, agent_injct="true")
    result = run(json.dumps(workload("Deployment", "apps/v1", notes)))
    assert result.err == (
        "Deployment default/web: hint: annotations under vault.hashicorp.com/ have no effect without"
        ' agent-inject: "true"; did you mean agent-inject? (agent-injct)\n'
        "Deployment default/web: unchanged (agent-inject is absent or false)\n")
    notes = {"openbao.org/role": "x", "openbao.org/agent-injct\x1b": "true"}
    lines = run(json.dumps(pod("p", notes))).err.splitlines()
    assert lines[0].endswith('under openbao.org/ have no effect without agent-inject: "true";'
                             " did you mean agent-inject? (agent-injct\\x1b)")
    assert "did you mean" not in run(json.dumps(pod("p", annotations(agent_inject=None)))).err


@pytest.mark.parametrize("notes", [{}, {"other/a": "b"}, {PREFIX + "agent-inject": "false", PREFIX + "role": "x"},
                                   {PREFIX + "agent-inject-status": "injected"}])
def test_no_hint_where_nothing_is_asked(notes):
    assert "hint" not in run(json.dumps(pod("p", notes))).err


def test_annotations_on_the_workload_itself():
    made = workload("Deployment", "apps/v1", {})
    made["metadata"]["annotations"] = annotations()
    result = run(json.dumps(made))
    assert result.err.splitlines()[0] == (
        "Deployment default/web: hint: annotations under vault.hashicorp.com/ on the Deployment itself have"
        " no effect; pods get those of spec.template.metadata")
    cron = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "web", "annotations": annotations()},
            "spec": {"jobTemplate": {"spec": {"template": {"spec": {}}}}}}
    assert "those of spec.jobTemplate.spec.template.metadata" in run(json.dumps(cron)).err
    made["spec"]["template"] = template()
    assert "hint" not in run(json.dumps(made)).err


@pytest.mark.parametrize("rest", ["---\nkind: W\n", ""])
def test_byte_order_mark(rest):
    text = "# mine\nkind: X\n"
    assert run("\ufeff" + text + rest).out == text + rest
    assert "Pod default/p: injected" in run("\ufeff" + yaml.safe_dump(pod("p"))).err
    assert "Pod default/p: injected" in run("\ufeff---\n" + json.dumps(pod("p"))).err


def test_byte_order_mark_of_a_review():
    """The server refuses it, too."""
    assert "JSON only" in run("\ufeff" + json.dumps(review(with_token(pod()))), status=3).err


@pytest.mark.parametrize("coding", ["utf-16-le", "utf-16-be", "utf-16"])
def test_utf_16_is_refused(coding):
    assert "save the file as UTF-8" in run("\ufeffkind: X\n".encode(coding), status=3).err


def test_pods_that_do_not_ask_pass_unchanged():
    text = "# mine\napiVersion: v1\nkind: Pod\nmetadata: {name: p}  # here\nspec: {containers: []}\n"
    result = run(text)
    assert result.out == text
    assert result.err == "Pod default/p: unchanged (agent-inject is absent or false)\n"


def test_missing_template_is_said():
    result = run("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n")
    assert "Deployment default/d: unchanged (it has no pod template)" in result.err


def test_service_account_volume():
    made = pod(initContainers=[{"name": "first", "volumeMounts": None}])
    made["spec"]["containers"].append(
        {"name": "own", "volumeMounts": [{"name": "mine", "mountPath": TOKEN_PATH}]})
    made["spec"]["volumes"] = [{"name": "mine", "emptyDir": {}}]
    result = run(json.dumps(made))
    spec = json.loads(result.out)["spec"]
    mount = {"name": "kube-api-access-keyhook", "readOnly": True, "mountPath": TOKEN_PATH}
    by_name = {c["name"]: c for c in spec["containers"] + spec["initContainers"]}
    assert by_name["app"]["volumeMounts"][0] == mount
    assert by_name["first"]["volumeMounts"][0] == mount
    assert [m["name"] for m in by_name["own"]["volumeMounts"]] == ["mine", "vault-secrets"]
    volume = {v["name"]: v for v in spec["volumes"]}["kube-api-access-keyhook"]["projected"]
    assert volume["defaultMode"] == 420
    token, root, downward = volume["sources"]
    assert token == {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}}
    assert root["configMap"] == {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}
    assert downward["downwardAPI"]["items"][0]["fieldRef"]["fieldPath"] == "metadata.namespace"
    assert "added the service account volume kube-api-access-keyhook" in result.err


def test_service_account_volume_that_is_there():
    result = run(json.dumps(with_token(pod())))
    spec = json.loads(result.out)["spec"]
    assert "kube-api-access-keyhook" not in names(spec, "volumes")
    assert "service account" not in result.err


def test_service_account_volume_without_mount():
    made = pod()
    made["spec"]["volumes"] = [{"name": "kube-api-access-abc", "projected": {"sources": []}}]
    spec = json.loads(run(json.dumps(made)).out)["spec"]
    assert spec["containers"][0]["volumeMounts"][0]["name"] == "kube-api-access-abc"
    assert names(spec, "volumes").count("kube-api-access-keyhook") == 0


def test_automount_off_is_denied_without_a_token():
    result = run(json.dumps(pod("p", automountServiceAccountToken=False)), status=1)
    assert result.out == ""
    assert "Pod default/p: denied: " in result.err
    assert "service account" in result.err


def test_list_in_place():
    items = [pod("a"), {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}},
             workload("Deployment", "apps/v1"), {"apiVersion": "v1", "kind": "List", "items": [pod("b")]}]
    made = json.loads(run(json.dumps({"apiVersion": "v1", "kind": "List", "items": items})).out)
    assert made["kind"] == "List"
    assert made["items"][1] == items[1]
    for spec in (made["items"][0]["spec"], made["items"][2]["spec"]["template"]["spec"],
                 made["items"][3]["items"][0]["spec"]):
        assert names(spec, "containers") == ["app", "vault-agent"]


def test_typed_list():
    item = template()
    item["metadata"]["name"] = "a"
    made = json.loads(run(json.dumps({"apiVersion": "v1", "kind": "PodList", "items": [item]})).out)
    assert names(made["items"][0]["spec"], "containers") == ["app", "vault-agent"]


def test_list_with_a_denied_item_prints_nothing():
    items = [pod("a"), pod("b", annotations(role=None))]
    result = run(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}), status=1)
    assert result.out == ""
    assert "Pod default/a: injected" in result.err
    assert "Pod default/b: denied: " in result.err


def test_lists_in_lists_have_a_limit():
    made = pod()
    for _ in range(10):
        made = {"apiVersion": "v1", "kind": "List", "items": [made]}
    assert "more than 8 lists in lists" in run(json.dumps(made), status=3).err


def test_namespaces():
    text = json.dumps(pod("p"))
    assert "Pod shop/p: injected" in run(text, "-n", "shop").err
    made = pod("p")
    made["metadata"]["namespace"] = "own"
    assert "Pod own/p: injected" in run(json.dumps(made), "-n", "shop").err
    assert "Pod kube-system/p: denied: " in run(text, "-n=kube-system", status=1).err
    for bad in ("", "Shop", "-a", "a-", "a.b", "a b", "a" * 64):
        assert "is no namespace" in run(text, "-n", bad, status=2).err
    assert run(text, "-n", "a" * 63).out


def test_many_documents():
    text = ("a: 1\nkind: X\n---\n# nothing\n---\n" + yaml.safe_dump(pod("p")) + "--- # next\nkind: W\n...\n"
            + "---\n" + json.dumps(pod("q")) + "\n" + json.dumps({"kind": "Z"}))
    result = run(text)
    assert [d["kind"] for d in result.docs() if d] == ["X", "Pod", "W", "Pod", "Z"]
    assert "Pod default/p: injected" in result.err
    assert "Pod default/q: injected" in result.err


def test_json_documents_in_a_row_stay_json():
    result = run('{"kind": "A"}\n{"kind": "B"} {"kind":\n "C"}')
    assert result.out == '{"kind": "A"}\n{"kind": "B"}\n{"kind":\n "C"}\n'


def test_files_and_standard_input(tmp_path):
    (tmp_path / "a.yaml").write_text("kind: A\n")
    (tmp_path / "b.json").write_text('{"kind": "B"}')
    result = run("kind: C", "-f", str(tmp_path / "a.yaml"), "-f=-", "--f", str(tmp_path / "b.json"))
    assert [d["kind"] for d in result.docs()] == ["A", "C", "B"]


def test_a_bad_document_does_not_stop_the_others(tmp_path):
    text = "kind: A\n---\nkind: [\n---\nkind: B\n"
    result = run(text, "-f", str(tmp_path / "none.yaml"), "-f", "-", status=3)
    assert [d["kind"] for d in result.docs()] == ["A", "B"]
    assert "none.yaml" in result.err and "No such file" in result.err
    assert "standard input: line 4, column 1: " in result.err


def test_the_worst_status_counts():
    denied = yaml.safe_dump(pod("p", annotations(role=None)))
    result = run(denied + "---\nkind: [\n---\nkind: A\n", status=3)
    assert [d["kind"] for d in result.docs()] == ["A"]
    assert "denied" in result.err


def test_denial_gives_status_1_and_the_reason():
    result = run(yaml.safe_dump(pod("p", annotations(agent_inject="maybe"))), status=1)
    assert result.out == ""
    assert 'Pod default/p: denied: ' in result.err
    assert "'maybe' is not a boolean" in result.err


def test_warnings_go_to_stderr():
    result = run(yaml.safe_dump(pod("p", annotations(agent_inject_secrets_db="x"))))
    assert "Pod default/p: warning: " in result.err
    assert "warning" not in result.out


@pytest.mark.parametrize("value,kind", [("true", "a boolean"), ("yes", "a boolean"), ("1", "a number"),
                                        ("007", "a number"), ("0x10", "a number"), ("1_0", "a number")])
def test_unquoted_annotation(value, kind):
    """Neither the value, which may be a secret, nor what YAML made of it is shown."""
    text = ("apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  annotations:\n    vault.hashicorp.com/role: web\n"
            "    vault.hashicorp.com/agent-inject: %s\nspec: {containers: [{name: a}]}\n" % value)
    result = run(text, status=3)
    assert result.out == ""
    assert result.err == ("keyhook inject: standard input: line 7, column 39: annotation vault.hashicorp.com/agent-inject:"
                          " the value is %s; annotation values are strings: put it in quotes\n" % kind)


def test_unquoted_annotation_in_json():
    text = '{"kind": "Pod", "apiVersion": "v1",\n "metadata": {"annotations": {"a": {}}}}'
    assert "line 2, column 36: annotation a: the value is an object; annotation values are strings" in run(text, status=3).err


def test_json_bytes_survive():
    text = ('{ "kind":"Deployment",\n\t"apiVersion" : "apps\\/v1", "x": [0.10, 1e400, 9007199254740993, -0.0],\n'
            ' "spec": {"template": {"metadata": {"annotations": %s, "z":1, "a": "\\u0041\\u0000"},\n'
            '   "spec": {"containers": [ {"name": "app", "new": {"b": 1.0, "a":2}} ]}, "end": null}}, "t": "\\ud800" }'
            % json.dumps(annotations()))
    result = run(text)
    assert result.out.endswith('\n')
    for part in ('{ "kind":"Deployment",\n\t"apiVersion" : "apps\\/v1", "x": [0.10, 1e400, 9007199254740993, -0.0],\n'
                 ' "spec": {"template": {"metadata": {"annotations": {',
                 '"z":1, "a": "\\u0041\\u0000"},\n', '"new": {"b": 1.0, "a":2}',
                 ', "end": null}}, "t": "\\ud800" }\n'):
        assert part in result.out
    assert names(json.loads(result.out)["spec"]["template"]["spec"], "containers") == ["app", "vault-agent"]


def test_yaml_order_and_numbers_survive():
    made = yaml.safe_dump(pod("p"), sort_keys=False)
    result = run(made + "z: 0.10\nc: 9007199254740993\nx: 0x10\nw: 'yes'\nv: \"1\"\nu: |\n  one\n  two\n")
    tail = result.out[result.out.index("\nz: "):]
    assert tail == "\nz: 0.10\nc: 9007199254740993\nx: 16\nw: \"yes\"\nv: \"1\"\nu: |\n  one\n  two\n"
    assert result.out.startswith("apiVersion: v1\nkind: Pod\nmetadata:\n  annotations:\n")


def test_output_formats():
    deployment = workload("Deployment", "apps/v1")
    from_yaml = run(yaml.safe_dump(deployment), "-o", "json")
    from_json = run(json.dumps(deployment), "-o", "yaml")
    assert json.loads(from_yaml.out) == yaml.safe_load(from_json.out)
    assert from_yaml.out.startswith('{\n    "apiVersion": "apps/v1",\n')
    plain = run("kind: X\na: [1, {b: 2}]\n", "-o", "json").out
    assert plain == '{\n    "kind": "X",\n    "a": [\n        1,\n        {\n            "b": 2\n        }\n    ]\n}\n'
    assert "give yaml or json" in run("", "-o", "xml", status=2).err


def test_yaml_and_python_agree():
    deployment = workload("Deployment", "apps/v1")
    first = run(yaml.safe_dump(deployment)).docs()
    second = run(yaml.safe_dump(deployment, default_flow_style=True, sort_keys=False)).docs()
    third = [json.loads(run(json.dumps(deployment)).out)]
    assert first == second == third


def test_aliases_and_merges():
    text = ("apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: &m\n    name: a\n    annotations: &a\n"
            + "".join("      %s: '%s'\n" % pair for pair in annotations().items())
            + "  spec: &s {containers: [{name: app}]}\n"
            "- apiVersion: v1\n  kind: Pod\n  metadata: {<<: *m, name: b}\n  spec: *s\n")
    result = run(text)
    (made,) = result.docs()
    assert [i["metadata"]["name"] for i in made["items"]] == ["a", "b"]
    assert made["items"][0]["spec"] == made["items"][1]["spec"]
    assert "*" not in result.out


def test_review_gives_the_answer():
    text = json.dumps(review(with_token(pod())))
    result = run(text, "-o", "yaml")
    answer = json.loads(result.out)
    assert answer["kind"] == "AdmissionReview"
    assert answer["response"]["uid"] == "u-1" and answer["response"]["allowed"]
    assert json.loads(base64.b64decode(answer["response"]["patch"]))
    assert "Pod shop/p: injected" in result.err
    assert run("  " + text + "\n").bytes == result.bytes


def test_denied_review_gives_status_0():
    result = run(json.dumps(review(pod("p", annotations(role=None)))))
    assert json.loads(result.out)["response"]["allowed"] is False
    assert "denied" in result.err


@pytest.mark.parametrize("change", [{"kind": "Deployment", "apiVersion": "apps/v1"}, {"kind": None}])
def test_any_request_is_a_review(change):
    made = {**review(with_token(pod())), **change}
    if made["kind"] is None:
        del made["kind"]
    assert json.loads(run(json.dumps(made)).out)["response"]["allowed"] is True


@pytest.mark.parametrize("text,part", [
    ("{}", "request"),
    ('{"kind": "AdmissionReview"}', "request"),
    ("[]", ""),
    ('{"kind": 7, "request": {"uid": "u"}}', "kind must be a string"),
    ('{"request": {}', "neither JSON"),
    ("", "no document"),
    (" \n", "no document"),
    ("--- \n# only\n", "no document"),
    ("a: 1", "it has no kind"),
    ("just text", "it has no kind"),
    ("kind: AdmissionReview\nrequest: {}", "JSON only"),
    ('{"request": {"uid": "u",}}', "JSON only: line 1, column 25"),
    (b"\xff\xfe{\x00}\x00", "UTF-8"),
    (b"\x00", ""),
])
def test_unreadable_input(text, part):
    result = run(text, status=3)
    assert result.out == ""
    assert part in result.err and result.err.startswith("keyhook inject: standard input: ")


def test_duplicate_names_are_refused():
    assert "twice" in run("kind: Pod\nkind: Pod\n", status=3).err
    for text in ('{"kind":"Pod","kind":"Job"}', '{"kind":"Pod","metadata":{"name":"a","name":"b"}}',
                 '{"kind":"Deployment","spec":{"template":{},"template":{}}}'):
        assert run(text, status=3).out == ""


def test_review_has_the_servers_body_limit():
    text = json.dumps(review(with_token(pod())))
    assert run(text, "-body-limit=65536").out
    big = json.dumps(review(with_token(pod("p", annotations(x="y" * 70000)))))
    assert "larger than 65536 bytes" in run(big, "-body-limit=65536", status=3).err


def test_settings_that_the_server_refuses():
    assert run("{}", env={"AGENT_INJECT_VAULT_ADDR": ""}, status=2).out == ""
    assert run("{}", "-no-such-flag", status=2).out == ""
    assert run("kind: X", env={"AGENT_INJECT_LISTEN": "8443"}, status=2).out == ""


def test_a_file_without_its_option():
    err = run("kind: X", "ok.yaml", status=2).err
    assert err.splitlines()[0] == "keyhook inject: 'ok.yaml' is not expected here; did you mean -f ok.yaml?"


@pytest.mark.parametrize("long,short", [("--file", "-f"), ("--filename", "-f"), ("--namespace=x", "-n"),
                                        ("-output", "-o"), ("-dif", "-diff"), ("-listne", "-listen")])
def test_options_that_are_nearly_right(long, short):
    err = run("kind: X", long, "x", status=2).err
    assert f"; did you mean {short}?\n" in err


def test_a_file_is_named_once():
    assert run("", "-f", "none.yaml", status=3).err == "keyhook inject: cannot read 'none.yaml': No such file or directory\n"


def test_standard_input_from_a_terminal():
    main, side = pty.openpty()
    for arguments, is_said in ((), True), (("-f", "-"), False):
        os.write(main, b"kind: X\n\x04")
        done = subprocess.run([KEYHOOK, "inject", *arguments], stdin=side, capture_output=True,
                              timeout=60, env=ENV, check=False)
        assert done.returncode == 0
        said = b"keyhook inject: reading from standard input; -f FILE names a file\n"
        assert done.stderr == (said if is_said else b"")
    os.close(main)
    os.close(side)


def test_settings_that_do_nothing():
    for args, env, words in (
        (("-vault-address", "https://secret.example"), {}, "-vault-address: has no effect: the variable AGENT_INJECT_VAULT_ADDR is set"),
        ((), {"AGENT_INJECT_VAULT_ADDR": "vault.example:8200"}, "AGENT_INJECT_VAULT_ADDR: 'vault.example:8200' is no URL"),
        (("-tls-cert-file=a", "-tls-key-file=b"), {"KEYHOOK_TLS_SELF_SIGNED_OUT": "x"}, "KEYHOOK_TLS_SELF_SIGNED_OUT: has no effect beside"),
        ((), {"KEYHOOK_FROBNICATE": "x"}, "unknown variable 'KEYHOOK_FROBNICATE' is ignored"),
    ):
        result = run("kind: X", *args, env=env)
        assert result.err.startswith("keyhook: warning: " + words), result.err
        assert "secret" not in result.err and len(result.err.splitlines()) == 1
    for name in ("HOST", "PORT", "PORT_HTTPS"):
        assert run("kind: X", env={"KEYHOOK_SERVICE_" + name: "x", "KEYHOOK_PORT_443_TCP_ADDR": "x"}).err == ""


def test_diff():
    text = yaml.safe_dump(workload("Deployment", "apps/v1")) + "---\nkind: ConfigMap\n"
    result = run(text, "-diff")
    lines = result.out.splitlines()
    assert lines[0] == "--- standard input (before)" and lines[1] == "+++ standard input (after)"
    assert lines[2].startswith("@@ -")
    assert "\x1b" not in result.out
    assert not [line for line in lines[3:] if line[0] not in " +@"], "injection only adds"
    assert any(line.startswith('+') and '"auto_auth": {' in line and "# " in line for line in lines)
    assert "ConfigMap" not in result.out


def test_diff_applies(tmp_path):
    text = run(yaml.safe_dump(workload("Deployment", "apps/v1")), "-o", "json").out
    before = json.loads(text)
    plain = json.dumps(workload("Deployment", "apps/v1"))
    diff = run(plain, "-diff", "-o", "json").out
    target = tmp_path / "d.json"
    target.write_text(json.dumps(json.loads(plain), indent=4) + "\n")
    subprocess.run(["patch", "-s", str(target)], input=diff.encode(), check=True, timeout=60)
    assert json.loads(target.read_text()) == before


def test_diff_of_a_review():
    result = run(json.dumps(review(with_token(pod()))), "--diff")
    assert "+  - name: vault-agent\n" in result.out
    assert "AdmissionReview" not in result.out
    assert run(json.dumps(review(pod("p", {}))), "--diff").out == ""


def on_terminal(env):
    main, side = pty.openpty()
    done = subprocess.Popen([KEYHOOK, "inject", "--diff"], stdin=subprocess.PIPE, stdout=side,
                            stderr=subprocess.DEVNULL, env={**ENV, **env})
    os.close(side)
    done.stdin.write(json.dumps(pod()).encode())
    done.stdin.close()
    out = b""
    while True:
        try:
            piece = os.read(main, 65536)
        except OSError:
            break
        if not piece:
            break
        out += piece
    os.close(main)
    assert done.wait(timeout=60) == 0
    return out


def test_colors_on_a_terminal_only():
    assert b"\x1b[32m+" in on_terminal({"TERM": "xterm"})
    assert b"\x1b" not in on_terminal({"TERM": "xterm", "NO_COLOR": "1"})
    assert b"\x1b" not in on_terminal({"TERM": "dumb"})


def test_names_cannot_write_on_the_terminal():
    result = run(json.dumps(pod("evil\x1b[31m\nPod default/x: injected")))
    assert "\x1b" not in result.err
    assert len(result.err.splitlines()) == 2


def test_same_input_same_bytes():
    text = yaml.safe_dump(workload("Deployment", "apps/v1"))
    assert len({run(text).bytes for _ in range(5)}) == 1


def test_output_that_cannot_be_written():
    with open("/dev/full", "wb") as full:
        done = subprocess.run([KEYHOOK, "inject"], input=b"kind: X\n", stdout=full,
                              stderr=subprocess.PIPE, env=ENV, timeout=60, check=False)
    assert done.returncode == 3
    assert b"cannot be written" in done.stderr


def test_help():
    done = subprocess.run([KEYHOOK, "inject", "--help"], capture_output=True, timeout=60, env=ENV, check=True)
    for word in (b"-f=FILE", b"-n=NAMESPACE", b"-o=FORMAT", b"-diff", b"comments", b"Exit status"):
        assert word in done.stdout
