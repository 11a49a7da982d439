"""What drains away: an amount, evenly, and never to less than nothing."""

from securechat.chat.state.meter import Meter


def test_it_drains_evenly_and_not_below_nothing() -> None:
    """Half of it is gone after half of the time, and a long rest saves nothing up."""
    meter = Meter()
    meter.add(10, 0.1, 1000.0)
    assert meter.level(0.1, 1000.0) == 10
    assert meter.level(0.1, 1050.0) == 5
    meter.add(-7, 0.1, 1050.0)
    assert meter.level(0.1, 1050.0) == 0
    assert meter.level(0.1, 9050.0) == 0
    meter.add(1, 0.1, 9050.0)
    assert meter.level(0.1, 9050.0) == 1


def test_time_that_goes_back_fills_nothing() -> None:
    """What was added stays what it is."""
    meter = Meter()
    meter.add(3, 1.0, 50.0)
    assert meter.level(1.0, 40.0) == 3
