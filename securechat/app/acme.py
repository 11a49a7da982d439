"""Certificates of a public authority by ACME (RFC 8555), with the challenge HTTP-01.

The library `acme` speaks the protocol; it is an extra, so it is imported only here, and this module only when
it is needed. The authority is answered on port 80, by a listener that lives as long as the order, or by files
below the root of a web server that is there already.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Final

import msgspec
import requests
from acme import challenges, client, crypto_util, errors, messages, standalone
from cryptography.hazmat.primitives.asymmetric import ec
from josepy.errors import Error as JoseError
from josepy.jwa import ES256
from josepy.jwk import JWKEC

from securechat import __version__
from securechat.tls.errors import CertificateProblem
from securechat.tls.files import ensure_key
from securechat.tls.keys import create_key, encode_key, read_key
from securechat.tls.writing import write_private

KEY: Final = "acme.key"
ORDER: Final = "acme.json"
LETS_ENCRYPT: Final = "https://acme-v02.api.letsencrypt.org/directory"

_Address = IPv4Address | IPv6Address
_Answer = tuple[messages.ChallengeBody, challenges.KeyAuthorizationChallengeResponse, str]


class AcmeFailed(Exception):
    """There is no new certificate. The text says why, in words for people."""


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is wanted, and from whom; it is kept for the renewals.

    `ca` is a file with the authority that the directory's own certificate is from, "" for those that this
    system knows; without a `webroot` the challenge is answered on `port`.
    """

    directory: str
    names: tuple[str, ...]
    email: str = ""
    ca: str = ""
    webroot: str = ""
    port: int = 80


def read_order(directory: Path) -> Order | None:
    """Return what was ordered last, None when nothing was. Raises AcmeFailed."""
    path = directory / ORDER
    try:
        return msgspec.json.decode(path.read_bytes(), type=Order) if path.exists() else None
    except (OSError, msgspec.DecodeError) as error:
        raise AcmeFailed(f"{path} cannot be read: {error}") from error


def keep_order(directory: Path, order: Order) -> None:
    """Keep an order for its renewals. Raises OSError."""
    write_private(directory / ORDER, msgspec.json.encode(order) + b"\n")


def fetch(order: Order, directory: Path, key: bytes, *, agreed: bool) -> bytes:
    """Order a certificate for a key; return the chain, both PEM. `agreed` is to the authority's terms.

    The key of the account at the authority is in the data directory, and made where it is missing. Raises
    AcmeFailed.
    """
    try:
        return _fetch(order, directory, key, agreed)
    except errors.ValidationError as error:
        raise AcmeFailed(_refusals(error)) from error
    except messages.Error as error:
        raise AcmeFailed(
            f"the authority refuses: {error.detail or error.description or error.typ}"
        ) from error
    except errors.TimeoutError as error:
        raise AcmeFailed("the authority has not looked at the order within 90 seconds: try again") from error
    except (errors.Error, JoseError, requests.RequestException, ValueError) as error:
        raise AcmeFailed(f"{order.directory} cannot be asked: {_innermost(error)}") from error


def _innermost(error: BaseException) -> str:
    """Return what went wrong first: around it are the names of layers, which say nothing to an operator."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def certificate_key(path: Path) -> bytes:
    """Return the key of the certificate in a file, or a new one: a key stays as long as it can, for its pin.

    Raises CertificateProblem.
    """
    if not path.exists():
        return encode_key(create_key())
    key = read_key(path)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        return encode_key(create_key())
    return encode_key(key)


def _fetch(order: Order, directory: Path, key: bytes, agreed: bool) -> bytes:
    acme = _enter(order, directory, agreed)
    hosts, addresses = _sorted(order.names)
    placed = acme.new_order(crypto_util.make_csr(key, domains=hosts, ipaddrs=addresses))
    answers = [
        _answer(each, acme) for each in placed.authorizations if each.body.status != messages.STATUS_VALID
    ]
    with _offered(order, answers):
        for challenge, response, _ in answers:
            acme.answer_challenge(challenge, response)
        finished = acme.poll_and_finalize(placed)
    return finished.fullchain_pem.encode()


def _enter(order: Order, directory: Path, agreed: bool) -> client.ClientV2:
    """Return a client with an account."""
    try:
        account = JWKEC(key=ensure_key(directory / KEY))
    except CertificateProblem as error:
        raise AcmeFailed(str(error)) from error
    network = client.ClientNetwork(account, alg=ES256, user_agent=f"securechat/{__version__}")
    if order.ca:
        network.session.verify = order.ca
        network.verify_ssl = order.ca  # type: ignore[assignment]  # handed to requests, which takes a file
    acme = client.ClientV2(client.ClientV2.get_directory(order.directory, network), network)
    _require_terms(acme, agreed)
    wanted = messages.NewRegistration.from_data(email=order.email or None, terms_of_service_agreed=True)
    try:
        network.account = acme.new_account(wanted)
    except errors.ConflictError as known:
        there = messages.RegistrationResource(uri=known.location, body=messages.Registration())
        network.account = there
        acme.query_registration(there)
    return acme


def _require_terms(acme: client.ClientV2, agreed: bool) -> None:
    meta = getattr(acme.directory, "meta", None)
    terms = getattr(meta, "terms_of_service", None)
    if terms and not agreed:
        raise AcmeFailed(f"the authority has terms: read {terms}, and say --agree-terms if you agree to them")


def _sorted(names: Sequence[str]) -> tuple[list[str], list[_Address]]:
    hosts: list[str] = []
    addresses: list[_Address] = []
    for name in names:
        try:
            addresses.append(ip_address(name))
        except ValueError:
            hosts.append(name)
    return hosts, addresses


def _answer(authorization: messages.AuthorizationResource, acme: client.ClientV2) -> _Answer:
    for each in authorization.body.challenges:
        if isinstance(each.chall, challenges.HTTP01):
            response, validation = each.response_and_validation(acme.net.key)
            return each, response, validation
    name = authorization.body.identifier.value
    raise AcmeFailed(
        f"the authority does not look at port 80 for {name}: fetch that one with another program"
    )


@contextmanager
def _offered(order: Order, answers: Sequence[_Answer]) -> Iterator[None]:
    """Let the authority find the answers, as long as it looks for them."""
    if not answers:
        yield  # it remembers the last time
    elif order.webroot:
        with _files(Path(order.webroot), answers):
            yield
    else:
        with _listener(order.port, answers):
            yield


@contextmanager
def _listener(port: int, answers: Sequence[_Answer]) -> Iterator[None]:
    resource = standalone.HTTP01RequestHandler.HTTP01Resource
    found = {resource(chall=each.chall, response=answer, validation=text) for each, answer, text in answers}
    try:
        servers = standalone.HTTP01DualNetworkedServers(("", port), found)
    except OSError as error:
        raise AcmeFailed(
            f"cannot listen on port {port}, where the authority looks: {error.strerror}. If a web server "
            "has it, name its root with --webroot"
        ) from error
    servers.serve_forever()
    try:
        yield
    finally:
        servers.shutdown_and_server_close()


@contextmanager
def _files(root: Path, answers: Sequence[_Answer]) -> Iterator[None]:
    """Write the answers below the root of a web server, which others may read."""
    directory = root / challenges.HTTP01.URI_ROOT_PATH
    made: list[Path] = []
    try:
        for above in (directory.parent, directory):
            if not above.is_dir():
                above.mkdir(mode=0o755)
                above.chmod(0o755)
        for each, _, text in answers:
            made.append(directory / each.chall.encode("token"))
            made[-1].write_text(text)
            made[-1].chmod(0o644)
        yield
    except OSError as error:
        raise AcmeFailed(f"the answer cannot be written below {root}: {error}") from error
    finally:
        for path in made:
            path.unlink(missing_ok=True)


def _refusals(error: errors.ValidationError) -> str:
    """Return what the authority has found wrong, of each name."""
    reasons = [
        f"{each.body.identifier.value}: {challenge.error.detail}"
        for each in error.failed_authzrs
        for challenge in each.body.challenges
        if challenge.error is not None
    ]
    return (
        f"the authority could not see that the names are this server's: {'; '.join(reasons)}. "
        "It looks at port 80 of each; where that is closed, prove them by DNS (docs/operations.md)"
    )
