"""Facts about who used their power: the audit log."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Audited:
    """Somebody did something that not everybody may; it is stored in the same transaction as what was done.

    `actor` is who (an account, or a user of the host), `origin` from where, `action` what, `target` to whom
    or what. Nothing of it lives in the registry, so there is nothing to apply.
    """

    at: int
    actor: str
    origin: str
    action: str
    target: str
    detail: str = ""
