"""When failed logins are told, and how often."""

from securechat.chat.state.alarms import ENOUGH, HOUR, MOST_RECENT, MOST_WATCHED, WITHIN, Alarm, Alarms, Kind


def fail(alarms: Alarms, subject: str, times: int, now: float = 0.0, step: float = 1.0) -> list[Alarm]:
    """Fail again and again on an account; return what was told."""
    told = (alarms.failed(Kind.ACCOUNT, subject, now + step * number) for number in range(times))
    return [alarm for alarm in told if alarm is not None]


def test_ten_within_ten_minutes_are_told() -> None:
    """Nine are not, nor are ten in a longer time."""
    alarms = Alarms()
    assert fail(alarms, "alice", ENOUGH - 1) == []
    assert fail(alarms, "alice", 1, 10.0) == [Alarm(Kind.ACCOUNT, "alice", ENOUGH, first=True)]
    assert fail(alarms, "bob", 3 * ENOUGH, step=WITHIN / (ENOUGH - 1) + 1) == []
    assert len(fail(alarms, "carol", ENOUGH, step=WITHIN / (ENOUGH - 1))) == 1


def test_an_hour_makes_one_word() -> None:
    """However many there are, they are told when the hour is over, and not at all when there were none."""
    alarms = Alarms()
    assert len(fail(alarms, "alice", 5_000, step=0.1)) == 1
    assert alarms.due(HOUR - 1) == []
    assert alarms.due(HOUR + 1) == [Alarm(Kind.ACCOUNT, "alice", 5_000 - ENOUGH, first=False)]
    assert fail(alarms, "alice", 3, HOUR + 2) == []
    assert alarms.due(2 * HOUR + 2) == [Alarm(Kind.ACCOUNT, "alice", 3, first=False)]
    assert alarms.due(4 * HOUR) == []
    assert len(fail(alarms, "alice", ENOUGH, 4 * HOUR)) == 1, "and then it begins anew"


def test_a_crowd_of_subjects_fills_no_log() -> None:
    """Ten thousand names make a bounded number of words, with all of them counted."""
    alarms = Alarms()
    told = [alarm for number in range(10_000) for alarm in fail(alarms, f"name{number}", ENOUGH, step=0.0)]
    assert len(told) == MOST_WATCHED + 1
    assert told[-1].subject is None
    later = alarms.due(HOUR)
    assert later == [Alarm(Kind.ACCOUNT, None, (10_000 - MOST_WATCHED - 1) * ENOUGH, first=False)]
    assert len(fail(alarms, "alice", ENOUGH, HOUR)) == 1, "there is room again"


def test_kinds_are_told_apart() -> None:
    """Names that do not exist take no room from accounts that do."""
    alarms = Alarms()
    for number in range(1_000):
        for _ in range(ENOUGH):
            alarms.failed(Kind.NAME, f"name{number}", 0.0)
    assert fail(alarms, "name1", ENOUGH) == [Alarm(Kind.ACCOUNT, "name1", ENOUGH, first=True)]


def test_memory_is_bounded() -> None:
    """What failed longest ago is forgotten, and somebody who goes on is not."""
    alarms = Alarms()
    for number in range(2 * MOST_RECENT):
        fail(alarms, f"name{number}", 1)
        if number % 1_800 == 0 and number < 15_000:
            assert fail(alarms, "alice", 1) == []
    assert len(fail(alarms, "alice", 1)) == 1
    assert fail(alarms, "name0", ENOUGH - 1) == []
