"""What the owner allows: hours, battery, heat and words by hand, and whose word is stronger."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from inference_client import battery, config, owner, quantities
from inference_client.owner import Limits, Memory, Senses, Wishes, decide
from inference_client.protocol.messages import Availability

MONDAY = datetime(2026, 3, 2)
"""Midnight."""


def senses(hour: float = 12, *, seconds: float = 0, **felt: object) -> Senses:
    return Senses(MONDAY + timedelta(hours=hour), seconds, **felt)  # type: ignore[arg-type]


def state(found: Availability) -> str:
    return f"{found.state} {found.why}".strip()


def now(felt: Senses, limits: Limits, wishes: Wishes | None = None, memory: Memory | None = None) -> str:
    return state(decide(felt, wishes or Wishes(), limits, memory or Memory())[0])


def through(limits: Limits, *felt: Senses) -> list[str]:
    """States as time goes on."""
    memory, found = Memory(), []
    for item in felt:
        availability, memory = decide(item, Wishes(), limits, memory)
        found.append(state(availability))
    return found


def test_without_limits_everything_is_open() -> None:
    found, _ = decide(senses(on_battery=True, temperature=99), Wishes(), Limits(), Memory())
    assert found == Availability(state="open")


def test_slots_and_whose_jobs_are_told() -> None:
    found, _ = decide(senses(), Wishes(), Limits(max_slots=2, own_only=True), Memory())
    assert (found.max_slots, found.own_only) == (2, True)


@pytest.mark.parametrize(
    ("hours", "quiet", "open_"),
    [
        ("22:00-07:00", [22, 23.9, 24, 30.9], [21.9, 31, 12]),
        ("09:00-17:30", [9, 17.4], [8.9, 17.5]),
        ("00:00-24:00", [0, 12, 23.9], []),
        ("mon 22:00-07:00", [22, 30], [-1, 2, 46]),
        ("sun,mon 22:00-07:00", [2, 22, 30], [46]),
        ("sat-mon 10:00-11:00", [10, -14, -38], [34]),
    ],
)
def test_quiet_hours_pause(hours: str, quiet: list[float], open_: list[float]) -> None:
    limits = Limits(quiet=(quantities.span(hours),))
    assert {now(senses(hour), limits) for hour in quiet} == {"paused quiet_hours"}
    assert {now(senses(hour), limits) for hour in open_} <= {"open"}


def test_a_machine_that_was_too_hot_goes_on_when_it_is_clearly_cooler() -> None:
    felt = [senses(temperature=degrees) for degrees in (80, 90, 89, 83, 82, 81, 89, 90)]
    paused = "paused heat"
    assert through(Limits(pause_above=90), *felt) == ["open", paused, paused, paused, paused, "open", "open", paused]


def test_a_machine_that_ran_on_its_battery_goes_on_after_a_minute_on_mains() -> None:
    felt = [
        senses(seconds=seconds, on_battery=on)
        for seconds, on in ((0, False), (5, True), (10, False), (65, False), (66, True), (70, False), (130, False))
    ]
    paused = "paused battery"
    expected = ["open", paused, paused, paused, paused, paused, "open"]
    assert through(Limits(pause_on_battery=True), *felt) == expected


def test_what_the_machine_does_not_tell_is_no_reason() -> None:
    limits = Limits(pause_on_battery=True, pause_above=60)
    assert now(senses(), limits) == "open"
    # Nor does it hold a pause whose reason can no longer be read.
    assert now(senses(), limits, memory=Memory(hot=True, battery=True)) == "open"


def test_the_stronger_reason_is_told() -> None:
    limits = Limits(quiet=(quantities.span("00:00-24:00"),), pause_on_battery=True, pause_above=60)
    felt = senses(on_battery=True, temperature=90)
    assert now(felt, limits, Wishes(draining="site", paused="owner")) == "draining site"
    assert now(felt, limits, Wishes(paused="site")) == "paused site"
    assert now(felt, limits) == "paused quiet_hours"
    assert now(felt, Limits(pause_on_battery=True, pause_above=60)) == "paused battery"


def test_the_site_does_not_take_back_the_owners_word() -> None:
    by_owner = owner.paused(Wishes(), "owner")
    assert owner.resumed(by_owner, "site") == by_owner
    assert owner.resumed(by_owner, "owner") == Wishes()
    assert owner.paused(by_owner, "site") == by_owner
    by_site = owner.paused(Wishes(), "site")
    assert owner.resumed(by_site, "site") == owner.resumed(by_site, "owner") == Wishes()
    assert owner.paused(by_site, "owner").paused == "owner"
    assert owner.drained(owner.drained(Wishes(), "site"), "owner").draining == "site"
    assert owner.resumed(owner.drained(Wishes(), "owner"), "owner").draining == "owner"


def test_limits_come_from_the_configuration() -> None:
    configured = config.Limits(
        max_slots=2, quiet_hours=["22:00-07:00"], pause_on_battery=True, pause_above=85, own_jobs_only=True
    )
    limits = Limits.of(configured)
    assert limits == Limits(2, (quantities.span("22:00-07:00"),), True, 85.0, True)
    assert Limits.of(config.Limits()) == Limits()


# --- quantities -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["", "25:00-26:00", "10:00-10:00", "10:60-11:00", "22-7", "xyz 10:00-11:00", "24:00-01:00"]
)
def test_hours_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"hours|days"):
        quantities.span(text)


def test_sizes_and_durations_are_read_as_people_write_them() -> None:
    assert [quantities.size(text) for text in ("12 GiB", "1.5G", "800M", "2 KB", "17")] == [
        12 * 1024**3,
        3 * 1024**3 // 2,
        800 * 1024**2,
        2048,
        17,
    ]
    assert [quantities.seconds(text) for text in ("30m", "1h30m", "45s", "2d", "forever", "0s")] == [
        1800, 5400, 45, 172_800, None, 0,
    ]  # fmt: skip
    for text in ("", "-1G", "12 apples", "G"):
        with pytest.raises(ValueError, match="no size"):
            quantities.size(text)
    for text in ("", "30", "m", "-5m", "30 m"):
        with pytest.raises(ValueError, match="no duration"):
            quantities.seconds(text)


# --- battery --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Now drawing from 'Battery Power'\n -InternalBattery-0 (id=1)\t57%; discharging; 4:12 remaining\n", True),
        ("Now drawing from 'AC Power'\n -InternalBattery-0 (id=1)\t57%; charging; 0:40 remaining\n", False),
        ("Now drawing from 'AC Power'\n", False),
        ("", None),
        ("something else\nBattery Power'", None),
    ],
)
def test_a_macs_battery_is_read_from_pmset(text: str, found: bool | None) -> None:
    assert battery.from_pmset(text) is found


def supply(folder: Path, name: str, **fields: str) -> None:
    (folder / name).mkdir()
    for key, value in fields.items():
        (folder / name / key).write_text(value + "\n")


def test_linuxs_battery_is_read_from_its_files(tmp_path: Path) -> None:
    assert battery.from_supplies(tmp_path / "none") is None
    supply(tmp_path, "AC", type="Mains", online="0")
    supply(tmp_path, "hidpp_battery_0", type="Battery", scope="Device", status="Discharging")
    assert battery.from_supplies(tmp_path) is None
    supply(tmp_path, "BAT0", type="Battery", status="Discharging")
    assert battery.from_supplies(tmp_path) is True
    (tmp_path / "AC/online").write_text("1\n")
    assert battery.from_supplies(tmp_path) is False
    (tmp_path / "AC/online").write_text("0\n")
    (tmp_path / "BAT0/status").write_text("Full\n")
    assert battery.from_supplies(tmp_path) is False


def test_a_system_that_tells_nothing_is_none() -> None:
    assert battery.on_battery("sunos") is None
