"""Messages as records."""

from securechat.chat.records import MessageSent
from securechat.chat.records.messages import sent_now


def test_each_field_of_a_new_message_is_where_it_belongs() -> None:
    """It is made in a quick way that knows the order of the fields."""
    tags = {"+a": "b"}
    made = sent_now(1, 2, "NOTICE", 3, "nick", 4, 5, "#there", "text", tags, "nonce", True, "o")
    assert made == MessageSent(
        id=1,
        at=2,
        command="NOTICE",
        sender=3,
        nick="nick",
        channel=4,
        recipient=5,
        addressed="#there",
        text="text",
        tags=tags,
        nonce="nonce",
        undelivered=True,
        rank="o",
    )
    assert type(made) is MessageSent
