"""moto: an Amazon cloud of its own, with accounts and access keys that are as good as real ones for Vault."""

import pathlib
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request

from process import clean_environment, Process

HOST = "10.66.0.1"
PORT = 5000
BUILD = pathlib.Path(__file__).with_name("python-build")


def program():
    """From the cache, or into it."""
    made = subprocess.run([BUILD, "moto"], check=True, stdout=subprocess.PIPE, text=True, timeout=900)
    return pathlib.Path(made.stdout.strip()) / "bin/moto_server"


class Moto:
    def __init__(self, directory):
        self.process = Process("moto", directory, [program(), "-H", HOST, "-p", PORT], cwd=directory,
                               env=clean_environment(PYTHONDONTWRITEBYTECODE=1))
        self.url = f"http://{HOST}:{PORT}"

    def start(self):
        self.process.start()
        self.process.wait_until(lambda: self.ask("sts", "GetCallerIdentity", "none"), "moto")
        return self

    def ask(self, service, action, access_key, **more):
        """The answer's text, or None: moto reads the key of a signature and does not check the rest."""
        body = urllib.parse.urlencode({"Action": action, "Version": "2010-05-08", **more}).encode()
        credential = f"{access_key}/20260101/us-east-1/{service}/aws4_request"
        request = urllib.request.Request(self.url, body, {
            "Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0"})
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
                return answer.read().decode()
        except OSError:
            return None

    def users(self):
        """The names of all users; Vault makes one for each lease."""
        return re.findall(r"<UserName>([^<]+)</UserName>", self.ask("iam", "ListUsers", "none") or "")

    def owner(self, access_key):
        """The name of the user that an access key belongs to."""
        found = re.search(r"<Arn>arn:aws:iam::\d+:user/([^<]+)</Arn>",
                          self.ask("sts", "GetCallerIdentity", access_key) or "")
        return found[1] if found else None

    def stop(self):
        self.process.kill()
