"""The image of the application in manifests/examples/phoenix-guardian, without a registry: Debian's Python, which is the
Dockerfile's version, the packages that its requirements name (tests/cluster/python-build), and its files.

  app_image.py FILE    the archive, for `control.py DIRECTORY import FILE`
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from images import base_tree, make_archive, make_layer
from process import ROOT

NAME = "registry.example.com/phoenix-guardian:1"
SOURCE = ROOT / "manifests/examples/phoenix-guardian/app"
PYTHON = pathlib.Path("/usr/bin/python3").resolve()  # python3.N
LIBRARY = pathlib.Path("/usr/lib", PYTHON.name)
NOT_NEEDED = shutil.ignore_patterns("__pycache__", "test", "dist-packages", "idlelib", "lib2to3", "ensurepip",
                                    "pydoc_data", "tkinter", "config-3.*", "pip", "setuptools", "*.exe")


def shared_libraries(files):
    """What the loader would take for them, the loader included."""
    printed = subprocess.run(["ldd", *files], check=True, capture_output=True, text=True).stdout
    return sorted(set(re.findall(r"(?:=> |^\s+)(/\S+) \(0x", printed, re.MULTILINE)))


def packages():
    made = subprocess.run([ROOT / "tests/cluster/python-build", "app"], check=True, stdout=subprocess.PIPE, text=True)
    return pathlib.Path(made.stdout.strip()) / "lib" / PYTHON.name / "site-packages"


def compile_all(root, below):
    """Without it each start would compile everything again: pods cannot write to the image, and its files have no times."""
    subprocess.run([PYTHON, "-m", "compileall", "-q", "-j", "2", "--invalidation-mode", "unchecked-hash", "-s", root,
                    "-p", "/", below], check=True, stdout=subprocess.DEVNULL)


def python_tree(root):
    assert LIBRARY.is_dir(), f"{PYTHON} has no {LIBRARY}: this image is made of Debian's Python"
    base_tree(root)
    (root / "usr/bin").mkdir(parents=True)
    shutil.copy(PYTHON, root / "usr/bin/python3")
    shutil.copytree(LIBRARY, root / str(LIBRARY)[1:], ignore=NOT_NEEDED)
    shutil.copytree(packages(), root / str(LIBRARY)[1:] / "dist-packages", ignore=NOT_NEEDED)
    bundled = packages()
    for library in shared_libraries([PYTHON, *LIBRARY.glob("lib-dynload/*.so"), *bundled.rglob("*.so*")]):
        if not library.startswith(str(bundled)):
            place = root / library[1:]
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library, place)
    compile_all(root, root / str(LIBRARY)[1:])
    return root


def make(path):
    with tempfile.TemporaryDirectory(dir=path.parent) as temporary:
        work = pathlib.Path(temporary)
        (work / "app").mkdir()
        for file in SOURCE.glob("*.py"):
            shutil.copy(file, work / "app")
        compile_all(work, work / "app")
        layers = [make_layer(work / "python.layer", python_tree(work / "python")),
                  make_layer(work / "app.layer", work / "app", "app")]
        make_archive(path, NAME, layers, ["/usr/bin/python3"], "10001:10001")


if __name__ == "__main__":
    make(pathlib.Path(sys.argv[1]).resolve())
