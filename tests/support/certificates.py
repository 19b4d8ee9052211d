"""Certificates made for a test when it runs, by openssl. Nothing of them is kept."""
import os
import subprocess

CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


def openssl(*words, **options):
    done = subprocess.run(["openssl", *words], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, **options)
    if done.returncode != 0:
        raise AssertionError("openssl %s:\n%s" % (" ".join(words), done.stderr))
    return done.stdout


class Pair:
    """A certificate and its key, as paths of PEM files."""

    def __init__(self, certificate, key):
        self.certificate = certificate
        self.key = key

    def fingerprint(self):
        """SHA-256 in lower-case hex."""
        printed = openssl("x509", "-in", self.certificate, "-noout", "-fingerprint", "-sha256")
        return printed.strip().partition("=")[2].replace(":", "").lower()


class Authority:
    """Issues certificates into a directory."""

    def __init__(self, directory, name="ca"):
        self.directory = directory
        self.pair = self._paths(name)
        openssl("req", "-x509", *CURVE, "-keyout", self.pair.key, "-out", self.pair.certificate,
                "-subj", "/CN=" + name, "-days", "30")

    @property
    def certificate(self):
        return self.pair.certificate

    def _paths(self, name):
        stem = os.path.join(self.directory, name)
        return Pair(stem + ".pem", stem + ".key")

    def issue(self, name, subject=None, names=None, days=30, key=None):
        """`names` as in subjectAltName; days below 0: expired. `key`: words that make the key."""
        pair = self._paths(name)
        request = pair.certificate + ".csr"
        extension = ["-addext", "subjectAltName=" + names] if names else []
        openssl("req", *(key or CURVE), "-keyout", pair.key, "-out", request, "-subj",
                subject or "/CN=" + name, "-utf8", *extension)
        openssl("x509", "-req", "-in", request, "-CA", self.pair.certificate, "-CAkey",
                self.pair.key, "-days", str(days), "-copy_extensions", "copyall", "-out",
                pair.certificate)
        os.chmod(pair.key, 0o600)
        return pair

    def server(self, name="server", **options):
        return self.issue(name, names="IP:127.0.0.1,DNS:localhost", **options)
