"""The fakes as fixtures."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from fakes.fixtures import authority, fake_server, fake_vault
