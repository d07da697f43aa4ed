"""The Makefile rebuilds what a change touches, and nothing else; on a tree of three small files."""

import os
import shutil
import subprocess

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HEADER = "#ifndef SRC_BASE_A_H\n#define SRC_BASE_A_H\nint number(void);\n#endif\n"


@pytest.fixture(name="tree")
def fixture_tree(tmp_path):
    for path in ("Makefile", "src/base/version.h", "src/base/version.c"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(os.path.join(ROOT, path), tmp_path / path)
    write(tmp_path, "VERSION", "1.2.3\n")
    write(tmp_path, "LICENSE", "text\n")
    write(tmp_path, "src/base/a.h", HEADER)
    write(tmp_path, "src/base/a.c", '#include "base/a.h"\n\nint number(void)\n{\n    return 1;\n}\n')
    write(
        tmp_path,
        "src/cli/main.c",
        '#include <stdio.h>\n\n#include "base/version.h"\n\n'
        "int main(void)\n{\n    return puts(keyhook_version()) < 0;\n}\n",
    )
    return tmp_path


def write(tree, path, text):
    (tree / path).parent.mkdir(parents=True, exist_ok=True)
    (tree / path).write_text(text, encoding="utf-8")


def make(tree, *args):
    """The last words of the lines that make printed: what it made."""
    env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        ["make", "-j2", *args], cwd=tree, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return {line.split()[-1] for line in done.stdout.splitlines() if line.startswith("  ")}


def touch(tree, path):
    """Newer than everything built, whatever the clock's grain."""
    newest = max(os.stat(p).st_mtime for p in tree.rglob("*"))
    os.utime(tree / path, (newest + 1, newest + 1))


def version(tree, program="build/keyhook"):
    return subprocess.run([tree / program], capture_output=True, text=True, check=True).stdout


def test_a_second_run_makes_nothing(tree):
    assert "src/base/a.c" in make(tree)
    assert make(tree) == set()


def test_a_header_rebuilds_what_includes_it(tree):
    make(tree)
    touch(tree, "src/base/a.h")
    made = make(tree)
    assert "src/base/a.c" in made and "src/cli/main.c" not in made
    assert "build/release/keyhook" in made


def test_other_flags_rebuild_everything(tree):
    make(tree)
    assert {"src/base/a.c", "src/cli/main.c"} <= make(tree, "CFLAGS=-DOTHER")
    assert make(tree, "CFLAGS=-DOTHER") == set()
    assert "src/base/a.c" in make(tree)


def test_a_removed_header_is_no_obstacle(tree):
    make(tree)
    write(tree, "src/base/a.c", "int number(void);\n\nint number(void)\n{\n    return 2;\n}\n")
    os.remove(tree / "src/base/a.h")
    touch(tree, "src/base/a.c")
    assert "src/base/a.c" in make(tree)


def test_a_removed_source_leaves_the_archive(tree):
    make(tree)
    os.remove(tree / "src/base/a.c")
    assert "build/release/libkeyhook.a" in make(tree)
    names = subprocess.run(
        ["ar", "t", tree / "build/release/libkeyhook.a"], capture_output=True, text=True, check=True
    )
    assert names.stdout.split() == ["version.o"]


def test_the_version_stands_in_one_file(tree):
    make(tree)
    assert version(tree) == "1.2.3\n"
    write(tree, "VERSION", "1.3.0-rc.1\n")
    touch(tree, "VERSION")
    assert make(tree) >= {"src/base/version.c"}
    assert version(tree) == "1.3.0-rc.1\n"


ENTRY = """#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size >= 3 && memcmp(data, "bad", 3) == 0)
        abort();
    return 0;
}
"""


@pytest.fixture(name="fuzz_tree")
def fixture_fuzz_tree(tree):
    for path in ("src/base/cleanup.h", "tests/fuzz/replay-main.c", "scripts/fuzz-entry", "scripts/fuzz-dict"):
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(os.path.join(ROOT, path), tree / path)
    write(tree, "tests/fuzz/fuzz-entry.c", ENTRY)
    write(tree, "tests/fuzz/corpus/entry/one", "good")
    write(tree, "tests/fuzz/corpus/entry/two", "")
    return tree


def replay(tree, *folders):
    program = tree / "build/release/tests/fuzz/fuzz-entry"
    return subprocess.run([program, *folders], cwd=tree, capture_output=True, text=True, check=False)


def test_a_corpus_is_replayed_as_tests(fuzz_tree):
    make(fuzz_tree, "programs")
    done = replay(fuzz_tree, "tests/fuzz/corpus/entry")
    assert (done.returncode, done.stdout) == (0, "1..2\nok 1 - one\nok 2 - two\n")
    write(fuzz_tree, "tests/fuzz/corpus/entry/three", "bad luck")
    done = replay(fuzz_tree, "tests/fuzz/corpus/entry")
    assert (done.returncode, done.stdout) == (-6, "1..3\nok 1 - one\n")


def test_a_missing_corpus_fails(fuzz_tree):
    make(fuzz_tree, "programs")
    done = replay(fuzz_tree, "tests/fuzz/corpus/nothing")
    assert (done.returncode, done.stdout) == (1, "1..0\n")


def test_the_fuzzer_finds_what_the_corpus_does_not_hold(fuzz_tree):
    make(fuzz_tree, "VARIANT=fuzz", "programs")
    write(fuzz_tree, "tests/fuzz/entry.dict", '"bad"\n')
    done = subprocess.run(
        ["scripts/fuzz-entry", "entry"], cwd=fuzz_tree, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0 and "deadly signal" in done.stderr
    assert list((fuzz_tree / "build/fuzz/findings/entry").iterdir())


@pytest.mark.parametrize("variant", ["asan", "tsan", "cover", "fuzz"])
def test_variants_have_their_own_directories(tree, variant):
    make(tree, f"VARIANT={variant}")
    assert version(tree, f"build/{variant}/keyhook") == "1.2.3\n"
    assert not (tree / "build/release").exists()


def test_the_release_is_hardened(tree):
    make(tree)
    text = subprocess.run(
        ["readelf", "-hdl", tree / "build/keyhook"], capture_output=True, text=True, check=True
    ).stdout
    assert "DYN" in text and "GNU_RELRO" in text and "BIND_NOW" in text
    assert "GNU_STACK" in text and "RWE" not in text


def test_assertions_stay(tree):
    write(
        tree,
        "src/base/a.c",
        '#include "base/a.h"\n\n#ifdef NDEBUG\n#error no assertions\n#endif\n'
        "int number(void)\n{\n    return 1;\n}\n",
    )
    make(tree, "CFLAGS=-DNDEBUG")


def test_install_and_clean(tree, tmp_path):
    make(tree, "install", f"DESTDIR={tmp_path}/stage", "PREFIX=/usr")
    assert os.access(tmp_path / "stage/usr/bin/keyhook", os.X_OK)
    make(tree, "clean")
    assert not (tree / "build").exists()
