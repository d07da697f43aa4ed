"""The example's README followed from top to bottom: its blocks marked `sh cluster`, by one shell, in a folder that looks like
the project's root. What only a reader can know is replaced, and options are added where the names or times differ here.
"""

import os
import pathlib
import re
import shlex
import shutil
import subprocess

from process import clean_environment, ROOT

EXAMPLE = ROOT / "manifests/examples/phoenix-guardian"
TEXT = (EXAMPLE / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(sh(?: cluster)?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SETUP = re.compile(r"^( *\$example/setup (?!--rotate-root).*)$", re.MULTILINE)
SHOWN = ("certs", "charts", "manifests")
HANG_GUARD = 1200  # seconds
# What a block leaves running ends with the shell.
BEGIN = "trap 'jobs -p | xargs -r kill 2>/dev/null || :' EXIT\n"


def blocks(mark):
    return [text for found, text in BLOCK.findall(TEXT) if found == mark]


def commands(names, options):
    """`names` are replaced, each of which has to occur; `options` are for setup, beside those that the README gives."""
    text = "".join(blocks("sh cluster"))
    for name, here in names.items():
        assert name in text, f"the README does not say {name} any more"
        text = text.replace(name, here)
    assert not any(line.endswith("\\") for line in SETUP.findall(text)), "options are added at the end of setup's lines"
    return SETUP.sub(lambda line: f"{line[1]} {shlex.join(options)}", text)


class Reader:
    """Of whom everything is in `folder`: the files that the README asks for, those that it writes, and what was said."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.said_file, self.finished = self.folder / "said", self.folder / "finished"

    def has_begun(self):
        return self.folder.exists()

    def provide(self, files):
        """name -> text, for the owner's eyes alone."""
        self.folder.mkdir(exist_ok=True)
        for name in SHOWN:
            if not (self.folder / name).exists():
                (self.folder / name).symlink_to(ROOT / name)
        for name, text in files.items():
            path = self.folder / name
            path.touch(0o600)
            path.write_text(text, encoding="utf-8")

    def follow(self, text, typed, **environment):
        """`typed` is what the shell's `read` gets, a line each. No command shows a secret when it is traced."""
        assert shutil.which("vault") and shutil.which("helm"), "vault and helm are in the path of tests/cluster/in"
        helm = {f"HELM_{which}_HOME": self.folder / ".helm" for which in ("CACHE", "DATA", "CONFIG")}
        with open(self.said_file, "a", encoding="utf-8") as said:
            done = subprocess.run(["bash", "-euxo", "pipefail", "-c", BEGIN + text], input="".join(f"{t}\n" for t in typed),
                                  env=clean_environment(KUBECONFIG=os.environ["KUBECONFIG"], **helm, **environment),
                                  stdout=said, stderr=said, text=True, cwd=self.folder, timeout=HANG_GUARD, check=False)
        assert done.returncode == 0, f"a command of the README failed, the last of these: {self.said()[-6000:]}"
        self.finished.touch()

    def said(self):
        """Each command after a +, before what it printed; of all times that they were run."""
        return self.said_file.read_text(encoding="utf-8", errors="replace")
