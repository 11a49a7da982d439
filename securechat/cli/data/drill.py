"""The restore drill: what a backup held is opened as a server would open it, and looked at.

That its bytes are those that were written says the manifest; here it is shown that a server can begin with
them: the database is whole, is brought up to date, and is loaded; the chain of the audit log is unbroken; the
keys are those of the certificates, and the configuration can be read.
"""

from contextlib import closing
from pathlib import Path
from typing import Final

from securechat.app.configuration import ConfigError, load
from securechat.cli.data.restoring import CONFIGURATION, check_contents
from securechat.irc.text import count
from securechat.storage.archive import BadBackup, Manifest
from securechat.storage.audit import FIRST, ChainBroken, verify
from securechat.storage.databases import Database
from securechat.storage.lock import DATABASE_NAME
from securechat.storage.store import SqlReader
from securechat.tls.errors import CertificateProblem
from securechat.tls.files import ServerFiles, read_authority
from securechat.tls.keys import read_key, same_key, understood
from securechat.tls.pins import read_certificates

_PAGE: Final = 1000


def drill(manifest: Manifest, directory: Path) -> int:
    """Look at what was unpacked into a directory; return how many entries the audit log has.

    The directory is not fit for anything else afterwards. Raises StorageError.
    """
    check_contents(manifest, directory / DATABASE_NAME)
    database = Database(directory)
    with closing(database.open_store()) as store:
        loaded = len(database.load(store).snapshot.accounts)
        if loaded != manifest.rows["accounts"]:
            raise BadBackup(
                f"a server would load {loaded} of its {count(manifest.rows['accounts'], 'account')}"
            )
        with closing(database.open_reader()) as reader:
            entries = _follow(reader)
    try:
        _check_keys(manifest, directory)
        if CONFIGURATION in manifest.files:
            load(directory / CONFIGURATION, {}, {})
    except (CertificateProblem, ConfigError) as error:
        raise BadBackup(str(error)) from error
    return entries


def _follow(reader: SqlReader) -> int:
    last, head = 0, FIRST
    try:
        while entries := reader.audit(last, _PAGE):
            last, head = verify(entries, last, head)
    except ChainBroken as error:
        raise BadBackup(f"its audit log is not what was written: {error}") from error
    return last


def _check_keys(manifest: Manifest, directory: Path) -> None:
    """See that each certificate has its key. Raises CertificateProblem."""
    files = ServerFiles.under(directory)
    if files.ca.name in manifest.files:
        read_authority(files.ca, files.ca_key)
    if files.certificate.name in manifest.files:
        chain = read_certificates(files.certificate)
        with understood(files.certificate):
            fits = same_key(chain[0].public_key(), read_key(files.key).public_key())
        if not fits:
            raise CertificateProblem(f"{files.key.name} is not the key of {files.certificate.name}")
