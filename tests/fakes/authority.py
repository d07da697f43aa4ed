"""Certificate authorities made at test time: server certificates for fakes, and signing of CSRs.

  ca = Authority("test CA")                      a root, EC P-256, valid for a day
  sub = Authority("issuing CA", parent=ca)       an intermediate
  cert, key = ca.server_files(directory, names=["localhost", "127.0.0.1"])
  leaf = sub.sign(csr_pem, ttl=60)               PEM; subject and names from the CSR

Everything is PEM text.  Nothing is kept on disk unless a directory is named.
"""

import datetime
import ipaddress
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = 24 * 60 * 60


def at(seconds):
    """A whole second, as certificates have them."""
    return datetime.datetime.utcfromtimestamp(int(seconds))


def now():
    return datetime.datetime.now(datetime.timezone.utc).timestamp()


def pem_of(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")


def general_name(text):
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def subject(common_name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


class Authority:
    def __init__(self, name="test CA", parent=None, ttl=DAY, not_before=None):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.parent = parent
        self.not_after = int(now() + ttl)
        start = min(now(), self.not_after) - 60 if not_before is None else not_before
        builder = self._builder(subject(name), self.key.public_key(), start, self.not_after,
                                issuer=parent.certificate.subject if parent else subject(name))
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        builder = builder.add_extension(key_usage(key_cert_sign=True, crl_sign=True), True)
        self.certificate = builder.sign((parent or self).key, hashes.SHA256())
        self.pem = pem_of(self.certificate)

    def _builder(self, name, public_key, start, end, issuer=None):
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(issuer or self.certificate.subject)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(at(start))
            .not_valid_after(at(end))
        )

    def chain(self):
        """This authority and those above it, as PEM."""
        return [self.pem, *(self.parent.chain() if self.parent else [])]

    def write(self, path):
        """The anchor as a file, for a client's CA file."""
        pathlib.Path(path).write_text(self.pem, encoding="ascii")
        return str(path)

    def sign(self, csr_pem, ttl=3600, not_before=None, not_after=None, names=None):
        """A server certificate for the CSR: its subject and names, unless names says others."""
        csr = x509.load_pem_x509_csr(csr_pem.encode("ascii"))
        return self.issue(csr.public_key(), csr.subject,
                          names_of(csr) if names is None else names, ttl, not_before, not_after)

    def issue(self, public_key, name, names, ttl=3600, not_before=None, not_after=None,
              usage=ExtendedKeyUsageOID.SERVER_AUTH):
        start = now() - 30 if not_before is None else not_before
        end = now() + ttl if not_after is None else not_after
        builder = self._builder(name, public_key, start, end)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        builder = builder.add_extension(key_usage(digital_signature=True), True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), False)
        if names:
            names = x509.SubjectAlternativeName([general_name(n) for n in names])
            builder = builder.add_extension(names, False)
        return pem_of(builder.sign(self.key, hashes.SHA256()))

    def server_files(self, directory, names=("localhost", "127.0.0.1", "::1"), ttl=DAY, key=None,
                     **times):
        """(certificate with chain, key): files for an ssl.SSLContext."""
        directory = pathlib.Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        key = key or ec.generate_private_key(ec.SECP256R1())
        leaf = self.issue(key.public_key(), subject("server"), list(names), ttl, **times)
        chain = leaf + "".join(self.chain()[:-1])
        text = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                 serialization.NoEncryption())
        number = len(list(directory.glob("server-*.pem")))
        cert_file = directory / f"server-{number}.pem"
        key_file = directory / f"server-{number}.key"
        cert_file.write_text(chain, encoding="ascii")
        key_file.write_bytes(text)
        return str(cert_file), str(key_file)


def key_usage(**wanted):
    every = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
             "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**{name: wanted.get(name, False) for name in every})


def names_of(csr):
    try:
        names = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [str(name.value) for name in names]


def make_csr(names=("web.apps.svc",), common_name="web.apps.svc", key=None):
    """(CSR as PEM, its key): for tests that need one without the program under test."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject(common_name))
    if names:
        san = x509.SubjectAlternativeName([general_name(n) for n in names])
        builder = builder.add_extension(san, False)
    csr = builder.sign(key, hashes.SHA256())
    return csr.public_bytes(serialization.Encoding.PEM).decode("ascii"), key
