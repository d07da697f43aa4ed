"""The nightly export: shows whose credentials it has been given, which is what an upload begins with."""

import json
import pathlib

credentials = json.loads(pathlib.Path("/vault/secrets/aws.json").read_text(encoding="utf-8"))
print(f"exporting as access key {credentials['access_key']}")
