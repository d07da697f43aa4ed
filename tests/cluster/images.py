"""Container images without a registry: docker archives, as `ctr image import` and `kind load image-archive` take them.

  images.py PROGRAM AGENT DIR    the images of the tests, into DIR: base.tar, a small one with a shell; agent.tar,
                                 the same and the program AGENT of Vault; keyhook.tar, the project's own with PROGRAM

One that is there and made of the same files is left alone.
"""

import hashlib
import io
import json
import pathlib
import platform
import subprocess
import sys
import tarfile
import tempfile

from process import ROOT

BASE = "localhost/test-base:1"
AGENT = "docker.io/hashicorp/vault"  # and the version as tag
OWN = "localhost/keyhook:test"
BUSYBOX = pathlib.Path("/bin/busybox")
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}  # uname -m -> its name in images
FOLDERS = ("bin", "etc", "tmp", "root", "home/vault", "var", "proc", "sys", "dev", "run")
ACCOUNTS = {
    "passwd": "root:x:0:0:root:/root:/bin/sh\nvault:x:100:1000::/home/vault:/bin/sh\n"
              "nobody:x:65534:65534::/:/bin/sh\n",
    "group": "root:x:0:\nvault:x:1000:\nnogroup:x:65534:\n",
}


def anonymous(info):
    """The same archive on every machine and at any time."""
    info.uid = info.gid = info.mtime = 0
    info.uname = info.gname = ""
    return info


def make_layer(path, source, name="."):
    """A file, or a directory with all below it, at a place of the image's root."""
    with tarfile.open(path, "w") as tar:
        tar.add(source, arcname=name, filter=anonymous)
    return path


def digest(path):
    with open(path, "rb") as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()


def add_text(tar, name, text):
    info = anonymous(tarfile.TarInfo(name))
    info.size = len(text)
    tar.addfile(info, io.BytesIO(text.encode("ascii")))


def architecture():
    """The images are made of this machine's programs."""
    machine = platform.machine()
    assert machine in ARCHITECTURES, f"no image can be made on {machine}: only on {' or '.join(ARCHITECTURES)}"
    return ARCHITECTURES[machine]


def make_archive(path, name, layers, entrypoint, user=""):
    """Under another name until it is complete."""
    config = {"architecture": architecture(), "os": "linux",
              "config": {"User": user, "Entrypoint": entrypoint, "WorkingDir": "/", "Env": [PATH]},
              "rootfs": {"type": "layers", "diff_ids": [digest(layer) for layer in layers]}}
    manifest = {"Config": "config.json", "RepoTags": [name], "Layers": [layer.name for layer in layers]}
    part = path.with_suffix(".part")
    with tarfile.open(part, "w") as tar:
        add_text(tar, "config.json", json.dumps(config))
        add_text(tar, "manifest.json", json.dumps([manifest]))
        for layer in layers:
            tar.add(layer, arcname=layer.name, filter=anonymous)
    part.rename(path)


def state_of(*files):
    """What tells whether an image is to be made again."""
    found = [(str(file), file.stat().st_mtime_ns, file.stat().st_size) for file in files]
    return json.dumps(found)


def base_tree(root):
    """A shell and the usual small programs, where injected commands look for them."""
    for folder in FOLDERS:
        (root / folder).mkdir(parents=True)
    (root / "tmp").chmod(0o1777)
    (root / "bin/busybox").write_bytes(BUSYBOX.read_bytes())
    (root / "bin/busybox").chmod(0o755)
    listed = subprocess.run([BUSYBOX, "--list"], check=True, capture_output=True, text=True).stdout.split()
    for applet in set(listed) - {"busybox"}:
        (root / "bin" / applet).symlink_to("busybox")
    for name, text in ACCOUNTS.items():
        (root / "etc" / name).write_text(text, encoding="ascii")
    return root


def own_tree(root, program):
    subprocess.run([ROOT / "scripts/image-root", "--program", program, root], check=True, stdout=subprocess.DEVNULL)
    return root


def agent_name(program):
    """With the tag that a registry would have it under."""
    printed = subprocess.run([program, "version"], check=True, capture_output=True, text=True).stdout
    return f"{AGENT}:{printed.split()[1].strip('v,')}"


def make_base(out, work):
    layer = make_layer(work / "base.layer", base_tree(work / "base"))
    make_archive(out, BASE, [layer], ["/bin/sleep", "2147483647"])


def make_agent(out, work, program):
    layers = [make_layer(work / "base.layer", base_tree(work / "base")),
              make_layer(work / "agent.layer", program, "bin/vault")]
    make_archive(out, agent_name(program), layers, ["/bin/vault"], "100:1000")


def make_own(out, work, program):
    layer = make_layer(work / "own.layer", own_tree(work / "own", program))
    make_archive(out, OWN, [layer], ["/usr/local/bin/keyhook"], "65532:65532")


def make_all(program, agent, out):
    recipe = pathlib.Path(__file__)
    for name, make, files in (
            ("base", make_base, [recipe, BUSYBOX]),
            ("agent", lambda *to: make_agent(*to, agent), [recipe, BUSYBOX, agent]),
            ("keyhook", lambda *to: make_own(*to, program), [recipe, ROOT / "scripts/image-root", program])):
        path, mark, state = out / f"{name}.tar", out / f"{name}.made-of", state_of(*files)
        if path.exists() and mark.exists() and mark.read_text(encoding="utf-8") == state:
            continue
        with tempfile.TemporaryDirectory(dir=out) as work:
            make(path, pathlib.Path(work))
        mark.write_text(state, encoding="utf-8")


if __name__ == "__main__":
    make_all(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve(), pathlib.Path(sys.argv[3]))
