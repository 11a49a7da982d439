"""What the headers of a backup claim is bounded before memory, disk or time is used for it."""

import gzip
import io
import json
import re
import tarfile
import tracemalloc
from pathlib import Path

import pytest
from pyrage import passphrase, x25519

from securechat.storage.archive import BadBackup, unpack
from securechat.storage.claims import Excessive, check_age_header
from securechat.storage.errors import StorageError
from securechat.storage.sealing import Identity, unseal_for, unseal_with

MEBIBYTE = 1 << 20
ROUNDS = re.compile(rb"(-> scrypt \S+) \d+\n")


def header(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    """Return a header of tar that says what it likes."""
    member = tarfile.TarInfo(name)
    member.size, member.type = size, kind
    return member.tobuf(tarfile.GNU_FORMAT)


def manifest(**sizes: int) -> bytes:
    """Return the first member of a backup whose files have these sizes."""
    files = {name.replace("_", "."): {"size": size, "sha256": "0" * 64} for name, size in sizes.items()}
    about = {"format": "securechat-backup", "version": 1, "program": "1", "schema": "0001", "created": 0}
    text = json.dumps({**about, "server": "s", "rows": {}, "files": files}).encode()
    return header("manifest.json", len(text)) + text + bytes(-len(text) % tarfile.BLOCKSIZE)


BOMBS = {
    "a file that fills the disk": (manifest(securechat_db=1 << 60), "there is room for"),
    "a key of a gigabyte": (manifest(securechat_db=1, ca_key=1 << 30), "is not possible"),
    "less than nothing": (manifest(securechat_db=-5), "is not possible"),
    "a long name": (header("x", 64 * MEBIBYTE, b"L") + bytes(64 * MEBIBYTE), "longer than any"),
    "a long pax header": (header("x", 64 * MEBIBYTE, b"x") + bytes(64 * MEBIBYTE), "longer than any"),
    "a pax header behind the manifest": (
        manifest(securechat_db=1) + header("x", 64 * MEBIBYTE, b"x") + bytes(64 * MEBIBYTE),
        "longer than any",
    ),
    "headers without end": (header("x", 0, b"L") * (16 * MEBIBYTE // 512), "longer than any|damaged"),
    "a manifest of a gigabyte": (header("manifest.json", 1 << 30) + bytes(MEBIBYTE), "begin with a manifest"),
}


@pytest.mark.parametrize(("archive", "text"), BOMBS.values(), ids=BOMBS)
def test_an_archive_that_claims_too_much(tmp_path: Path, archive: bytes, text: str) -> None:
    """Compressed it is small; nothing of it is written, and little is kept in memory."""
    stream = io.BytesIO(gzip.compress(archive, 1))
    tracemalloc.start()
    try:
        with pytest.raises(BadBackup, match=text):
            unpack(stream, tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 4 * MEBIBYTE
    finally:
        tracemalloc.stop()
    assert not list(tmp_path.iterdir())


def test_a_sparse_member_is_none_of_a_backup(tmp_path: Path) -> None:
    """It says that it is long, and has no content."""
    sparse = bytearray(header("securechat.db", 0, tarfile.GNUTYPE_SPARSE))
    archive = manifest(securechat_db=10) + bytes(sparse) + bytes(1024)
    with pytest.raises(BadBackup):
        unpack(io.BytesIO(gzip.compress(archive)), tmp_path)


@pytest.mark.parametrize("rounds", [b"22", b"23", b"30", b"64", b"9" * 400])
def test_a_passphrase_that_takes_too_long(rounds: bytes) -> None:
    """2^23 rounds took more than two minutes and 8 GiB. Here nothing is tried."""
    locked = ROUNDS.sub(rb"\1 " + rounds + b"\n", passphrase.encrypt(b"x", "correct horse"))
    outer = io.BytesIO(header("key.age", len(locked)) + locked + bytes(-len(locked) % tarfile.BLOCKSIZE))
    for sealed in (io.BytesIO(locked), outer):
        with pytest.raises(StorageError, match=r"rounds of scrypt, and at most 2\^21"):
            unseal_with(sealed, io.BytesIO(), "correct horse")


def test_many_recipients() -> None:
    """20,000 took five minutes."""
    key = Identity(x25519.Identity.generate())
    start = b"age-encryption.org/v1\n"
    for stanzas, text in ((b"-> x y\nAAAA\n" * 1500, "lines"), (b"-> x y\nAAAA\n" * 20_000, "bytes")):
        with pytest.raises(Excessive, match=text):
            unseal_for(io.BytesIO(start + stanzas + b"--- x\n"), io.BytesIO(), [key])
    check_age_header(io.BytesIO(start + b"-> x y\nAAAA\n" * 100 + b"--- x\n" + b"\n" * 10_000))
