"""The tables of the configuration about how people prove themselves."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from securechat.config.key import Key

_Threads = Annotated[int, Meta(ge=0, le=64)]


class Argon2Section(Struct, frozen=True, forbid_unknown_fields=True):
    """What a password's hash costs. A hash that was made with other values is renewed at the next login."""

    time_cost: Annotated[int, Meta(ge=2, le=64), Key("Passes over the memory for each password.")] = 3
    memory_cost: Annotated[int, Meta(ge=19456, le=262144), Key("KiB of memory for each password.")] = 65536
    parallelism: Annotated[int, Meta(ge=1, le=16), Key("Lanes for each password.")] = 1


class AuthSection(Struct, frozen=True, forbid_unknown_fields=True):
    """How passwords are checked."""

    slots: Annotated[
        _Threads, Key("Passwords checked at the same time; 0 is one for each core, at most 4.")
    ] = 0
    second_factor: Annotated[
        Literal["optional", "operators", "everybody"],
        Key(
            'Who has to have a second factor (TOTP) for OPER and a new device: "optional" is who wants it.',
            live=True,
        ),
    ] = "optional"
    argon2: Argon2Section = Argon2Section()
