"""The columns of the tables for what operators do; `schema` makes the tables."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Named, Text, TypedColumns


class ChannelListColumns(TypedColumns):
    """Masks of the modes b, e and I: who set each when and why, and when it goes by itself (0 is never)."""

    channel: Named[int] = Column(BigInteger, ForeignKey("channels.id"), primary_key=True)
    kind: Named[str] = Column(Text, primary_key=True)
    mask: Named[str] = Column(Text, primary_key=True)
    setter: Named[str] = Column(Text)
    at: Named[int] = Column(BigInteger)
    reason: Named[str] = Column(Text, server_default="")
    expires: Named[int] = Column(BigInteger, server_default="0")


class BanColumns(TypedColumns):
    """Who is kept out of the server: `target` is an account's id, a mask or a network, as `kind` says.

    `expires` is 0 for what has no end.
    """

    kind: Named[str] = Column(Text, primary_key=True)
    target: Named[str] = Column(Text, primary_key=True)
    reason: Named[str] = Column(Text)
    setter: Named[str] = Column(Text)
    at: Named[int] = Column(BigInteger)
    expires: Named[int] = Column(BigInteger)


class ReportColumns(TypedColumns):
    """What members have told the operators of, as in `chat.records.Report`; 0 in `closed` is open."""

    id: Named[int] = Column(
        BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=False
    )
    at: Named[int] = Column(BigInteger)
    reporter: Named[int] = Column(BigInteger)
    about: Named[int | None] = Column(BigInteger)
    subject: Named[str] = Column(Text)
    place: Named[str] = Column(Text)
    said_by: Named[str] = Column(Text)
    text: Named[str] = Column(Text)
    reason: Named[str] = Column(Text)
    closed: Named[int] = Column(BigInteger)
    closed_by: Named[str] = Column(Text)
    note: Named[str] = Column(Text)
