"""What everybody who comes in is told alike is made once, and anew when the settings change."""

from dataclasses import replace

from securechat.chat.commands.capabilities import offers
from securechat.chat.lines import isupport
from securechat.chat.settings import Settings

SETTINGS = Settings("chat.test", "Net", "1")


def test_what_is_supported_follows_the_settings() -> None:
    """The network, the icon and the denied tags are those of these settings, not of others before."""
    first = isupport.lines(SETTINGS)
    assert isupport.lines(replace(SETTINGS)) is first
    changed = replace(SETTINGS, network="Other", icon="https://a.test/i", client_tag_deny=("*", "-typing"))
    told = {token for line in isupport.lines(changed) for token in line}
    assert told - {token for line in first for token in line} == {
        "NETWORK=Other",
        "draft/ICON=https://a.test/i",
        "CLIENTTAGDENY=*,-typing",
    }


def test_what_is_offered_follows_the_settings() -> None:
    """Registration and strict transport security are offered as these settings say."""
    first = offers(SETTINGS)
    assert offers(replace(SETTINGS)) is first
    opened = offers(replace(SETTINGS, registration="invite", sts_days=2))
    assert opened.keys() - first.keys() == {"draft/account-registration", "sts"}
    assert opened["sts"] == "duration=172800"
