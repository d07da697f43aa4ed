"""A certificate authority of the test's own, for the API server and for Vault; made by certtool."""

import base64
import subprocess

DAYS = 30


def certtool(*arguments):
    subprocess.run(["certtool", *map(str, arguments)], check=True, capture_output=True, timeout=60,
                   stdin=subprocess.DEVNULL)


def make_key(path):
    certtool("--generate-privkey", "--key-type=ecdsa", "--curve=secp256r1", f"--outfile={path}")
    path.chmod(0o600)
    return path


class Authority:
    """ca.crt and ca.key in a directory, and what it has issued beside them."""

    def __init__(self, directory, name="test authority"):
        directory.mkdir(parents=True, exist_ok=True)
        self.directory, self.certificate = directory, directory / "ca.crt"
        self.key = make_key(directory / "ca.key")
        template = self.template("ca", f"cn = {name}", "ca", "cert_signing_key", "crl_signing_key")
        certtool("--generate-self-signed", f"--load-privkey={self.key}", f"--template={template}",
                 f"--outfile={self.certificate}")

    def template(self, name, *lines):
        path = self.directory / f"{name}.template"
        path.write_text("\n".join([*lines, f"expiration_days = {DAYS}"]) + "\n", encoding="utf-8")
        return path

    def pem(self):
        return self.certificate.read_text(encoding="ascii")

    def base64(self):
        return base64.b64encode(self.certificate.read_bytes()).decode("ascii")

    def issue(self, name, dns=(), addresses=(), organization=None):
        """(certificate file, key file) of a server with these names; the organization is a client's group."""
        lines = [f"cn = {name}", "tls_www_server", "tls_www_client", "signing_key"]
        lines += [f"organization = {organization}"] if organization else []
        lines += [f"dns_name = {n}" for n in dns] + [f"ip_address = {a}" for a in addresses]
        key, out = make_key(self.directory / f"{name}.key"), self.directory / f"{name}.crt"
        certtool("--generate-certificate", f"--load-privkey={key}", f"--load-ca-certificate={self.certificate}",
                 f"--load-ca-privkey={self.key}", f"--template={self.template(name, *lines)}",
                 f"--outfile={out}")
        return out, key
