"""`channels.words`: a rule that is none is an error that says what is wrong; a reload takes new ones over."""

import pytest

from securechat.app.composition import core_settings
from securechat.app.configuration import ConfigError, change, load
from securechat.config import Config


def test_rules_are_read_and_changed_live() -> None:
    """They are in the settings of the chat, and no restart is needed."""
    loaded = load(None, {"SECURECHAT_CHANNELS__WORDS": '["refuse badword", "report *scam*"]'}, {})
    assert core_settings(loaded.config).words.judge("badword").refused == "badword"
    assert change(Config(), loaded.config).applied == ["channels.words"]


@pytest.mark.parametrize(
    ("rules", "problem"),
    [
        ('["badword"]', "begins with refuse, replace or report"),
        ('["refuse a*b"]', "letters and digits"),
        ('["replace two words"]', "single words"),
        ('[""]', "a list of at most 100 rules"),
        (str(["refuse x"] * 101).replace("'", '"'), "at most 100 rules"),
    ],
)
def test_what_is_no_rule(rules: str, problem: str) -> None:
    """The key is named, and what is wrong."""
    with pytest.raises(ConfigError, match=rf"channels\.words.*{problem}"):
        load(None, {"SECURECHAT_CHANNELS__WORDS": rules}, {})
