"""A device with a key of its own, as a client makes one."""

import ssl
from base64 import b64decode, b64encode
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tests.system.person import Person, Wire
from tests.system.server_process import ServerProcess


class Device:
    """A key, and the certificate that the server signed for it."""

    def __init__(self, person: Person, name: str, file: Path) -> None:
        """Have `person`, who is logged in, add the device; key and certificate are kept in `file`."""
        key = ec.generate_private_key(ec.SECP256R1())
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        person.send(f"DEVICE KEY {name} {b64encode(public).decode()}")
        encoded, piece = "", "x" * 400
        while len(piece) == 400:
            piece = person.expect("DEVICE", "CERTIFICATE", name).params[2]
            encoded += "" if piece == "+" else piece
        certificate = x509.load_der_x509_certificate(b64decode(encoded))
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(secret + certificate.public_bytes(Encoding.PEM))
        self.file = file

    def context(self, server: ServerProcess) -> ssl.SSLContext:
        """Return a client's context that shows the certificate."""
        context = server.client_context()
        context.load_cert_chain(self.file)
        return context

    def log_in(self, server: ServerProcess) -> Wire:
        """Log in with it, up to the welcome."""
        wire = Wire(server, context=self.context(server))
        for line in ("CAP REQ sasl", "NICK x", "USER x 0 * :x", "AUTHENTICATE EXTERNAL"):
            wire.send(line)
        wire.expect("AUTHENTICATE", "+")
        for line in ("AUTHENTICATE +", "CAP END"):
            wire.send(line)
        wire.expect("001")
        return wire
