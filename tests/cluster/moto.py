"""moto: an Amazon cloud of its own. Vault makes users and access keys in it as in the real one.

  moto.py ADDRESS    becomes the server, from tests/cluster/python-build

For `control.py CLUSTER start moto`.
"""

import os
import pathlib
import re
import subprocess
import sys
import urllib.parse
import urllib.request

PORT = 5000
BUILD = pathlib.Path(__file__).with_name("python-build")


def serve(address):
    made = subprocess.run([BUILD, "moto"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    os.execv(f"{made}/bin/python3", [f"{made}/bin/python3", f"{made}/bin/moto_server", "-H", address, "-p", str(PORT)])


class Moto:
    """What is asked of a server that runs. Each answer comes at once or the test fails."""

    def __init__(self, address):
        self.url = f"http://{address}:{PORT}"

    def ask(self, service, version, action, access_key="none"):
        """moto reads the access key of a signature and does not check the rest."""
        credential = f"{access_key}/20260101/us-east-1/{service}/aws4_request"
        request = urllib.request.Request(
            self.url, urllib.parse.urlencode({"Action": action, "Version": version}).encode(),
            {"Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0"})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
            return answer.read().decode()

    def is_up(self):
        try:
            return bool(self.ask("sts", "2011-06-15", "GetCallerIdentity"))
        except OSError:
            return False

    def users(self):
        """The names of all; Vault makes one for each lease."""
        return re.findall(r"<UserName>([^<]+)</UserName>", self.ask("iam", "2010-05-08", "ListUsers"))

    def owner(self, access_key):
        """The name of the user that an access key belongs to."""
        found = re.search(r"<Arn>arn:aws:iam::\d+:user/([^<]+)</Arn>",
                          self.ask("sts", "2011-06-15", "GetCallerIdentity", access_key))
        return found[1] if found else None


if __name__ == "__main__":
    serve(sys.argv[1])
