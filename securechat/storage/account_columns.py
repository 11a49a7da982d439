"""Columns of the smaller tables about accounts."""

from sqlalchemy import BigInteger, Column, ForeignKey, Named, Text, TypedColumns


class FormerNameColumns(TypedColumns):
    """Names that accounts had before: each stays its account's, and nobody else's. `at` is when it went."""

    folded: Named[str] = Column(Text, primary_key=True)
    name: Named[str] = Column(Text)
    account: Named[int] = Column(BigInteger)
    at: Named[int] = Column(BigInteger)


class LoginSourceColumns(TypedColumns):
    """The networks from which an account logged in last."""

    account: Named[int] = Column(BigInteger, ForeignKey("accounts.id"), primary_key=True)
    source: Named[str] = Column(Text, primary_key=True)
    at: Named[int] = Column(BigInteger)
