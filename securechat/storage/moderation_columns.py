"""The columns of the tables for what operators do; `schema` makes the tables."""

from sqlalchemy import BigInteger, Column, Named, Text, TypedColumns


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
