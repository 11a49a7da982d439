"""How clients reach the server: names, ports and the certificate."""

import errno
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

from securechat.app.certificates import certificates_of, how_to_renew, make_context
from securechat.app.checks import parse_watched
from securechat.app.doctor.finding import Finding, Patient
from securechat.app.expiry import SOON, state
from securechat.client.address import Address
from securechat.client.errors import ClientError
from securechat.client.network.chain import look
from securechat.server.listener import bind
from securechat.tls.errors import CertificateProblem
from securechat.tls.names import alternative_names
from securechat.tls.pins import read_certificates


def names(patient: Patient) -> Iterator[Finding]:
    """Clients can look the server's name up, and its certificate stands for it."""
    config = patient.config
    for name in dict.fromkeys(filter(None, (config.server.name, *config.tls.names))):
        if "*" in name or _is_address(name):
            continue
        try:
            patient.world.resolve(name)
        except OSError as error:
            yield Finding(
                "names",
                "warning",
                f"the name {name} leads to no address ({error.strerror})",
                "people who connect to it do not reach the server",
                f"add an A or AAAA record for {name} to its DNS zone, or correct server.name and tls.names",
            )
    if config.tls.certificate and config.server.name:
        yield from _named(patient, config.server.name)


def _named(patient: Patient, name: str) -> Iterator[Finding]:
    path = Path(patient.config.tls.certificate)
    try:
        found = [str(each.value) for each in alternative_names(read_certificates(path)[0])]
    except CertificateProblem:
        return  # the check of the certificate says so
    wild = "*." + name.partition(".")[2]
    if name not in found and wild not in found:
        yield Finding(
            "names",
            "warning",
            f"the certificate {path} stands for {', '.join(found) or 'no name'}, and server.name is {name}",
            "clients that connect to that name refuse the certificate",
            f"have it issued for {name} as well, or correct server.name",
        )


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def certificate(patient: Patient) -> Iterator[Finding]:
    """Clients will take the chain: OpenSSL is asked as they would be."""
    config = patient.config
    files = certificates_of(config, patient.directory)
    if files.own and not files.certificate.exists() and not files.key.exists():
        return  # the first start makes it
    try:
        checked = make_context(config, patient.directory)
    except CertificateProblem as problem:
        if files.own and patient.running is None and "expired" in str(problem):
            return  # the next start renews it
        why = "the server does not start with it, or clients refuse it"
        mend = "see the reason above" if not files.own else "restore the file from a backup"
        yield Finding(
            "certificate", "error", str(problem), why, f"{mend}; then securechat reload{patient.option}"
        )
        return
    soon = SOON if not files.own else timedelta(days=7)
    if checked.ends - patient.now <= soon:
        yield Finding(
            "certificate",
            "warning",
            f"the certificate {files.certificate} {state(checked.ends, patient.now)}",
            "clients refuse it from then on",
            how_to_renew(config, patient.directory),
        )
    for remark in checked.remarks:
        yield Finding("certificate", "note", remark, "some clients may refuse it", "see docs/operations.md")


def ports(patient: Patient) -> Iterator[Finding]:
    """The addresses are free, or they are the running server's, which answers there by TLS."""
    if patient.running is not None:
        yield from _answering(patient)
    elif patient.pid is None:
        yield from _free(patient)


def _free(patient: Patient) -> Iterator[Finding]:
    server, watched = patient.config.server, patient.config.metrics.address
    places = [(server.host, server.port, "server.port")]
    if watched:
        places.append((*parse_watched(watched), "metrics.address"))
    for host, port, key in places:
        try:
            for sock in bind(host, port):
                sock.close()
        except OSError as error:
            of_systemd = key == "server.port" and error.errno == errno.EADDRINUSE
            if not (of_systemd and patient.world.is_socket_ours()):
                yield _taken(port, key, error)


def _taken(port: int, key: str, error: OSError) -> Finding:
    mend = {
        errno.EADDRINUSE: f"ss -ltnp 'sport = :{port}' shows who has it: end that program, or change {key}",
        errno.EACCES: f"choose a port above 1023 for {key}, or give the unit AmbientCapabilities="
        "CAP_NET_BIND_SERVICE",
        errno.EADDRNOTAVAIL: "ip address shows the addresses of this machine: correct server.host",
    }
    return Finding(
        "ports",
        "error",
        f"{key} cannot be used: {error.strerror or error}",
        "it does not start",
        mend.get(error.errno or 0, f"correct {key} or its address"),
    )


def _answering(patient: Patient) -> Iterator[Finding]:
    port, file = patient.identity.get("port"), patient.identity.get("certificate")
    if not isinstance(port, int) or not isinstance(file, str):
        return
    host = patient.config.server.host or "127.0.0.1"
    try:
        (sent, *_) = look(Address(host, port))
    except (ClientError, OSError) as error:
        yield Finding(
            "ports",
            "error",
            f"the running server does not answer by TLS on {host}, port {port}: {error}",
            "nobody can connect",
            "look into its log; a firewall of this machine may be in between (nft list ruleset)",
        )
        return
    yield from _same(patient, sent, Path(file))


def _same(patient: Patient, sent: bytes, file: Path) -> Iterator[Finding]:
    from cryptography.hazmat.primitives.serialization import Encoding

    try:
        kept = read_certificates(file)[0].public_bytes(Encoding.DER)
    except CertificateProblem:
        return  # the check of the certificate says so
    if kept != sent:
        yield Finding(
            "certificate",
            "warning",
            f"the running server shows another certificate than the one in {file}",
            "the one that it shows may end before you think",
            f"securechat reload{patient.option}",
        )
