"""When alerts begin, when they are over, and that each is told once, whoever looks."""

import datetime
import itertools
import threading
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from meatlizard.accounts.models import User
from meatlizard.alerts import actions, judging, watching
from meatlizard.alerts.judging import Standing, seen, verdict
from meatlizard.alerts.models import Alert, Channel, Delivery, Rule, Severity
from meatlizard.errors import Forbidden
from meatlizard.metrics import charts
from meatlizard.metrics.charts import Chart
from meatlizard.metrics.models import Rollup, Series
from meatlizard.moderation.models import AuditEntry

NOW = datetime.datetime(2026, 3, 1, 12, 0, 30, tzinfo=datetime.UTC)
SECOND = datetime.timedelta(seconds=1)


@pytest.mark.parametrize(
    ("value", "side", "limit", "clear", "look"),
    [
        (6, "above", 5, None, "bad"), (5, "above", 5, None, "good"), (4, "above", 5, 3, "between"), (3, "above", 5, 3, "good"),
        (6, "above", 5, 9, "bad"), (4, "above", 5, 9, "good"), (0.1, "below", 0.25, 0.9, "bad"), (0.5, "below", 0.25, 0.9, "between"),
        (0.9, "below", 0.25, 0.9, "good"), (0.3, "below", 0.25, None, "good"), (-6, "below", -5, -4, "bad"),
    ],
)  # fmt: skip
def test_beyond_the_limit_is_bad_and_good_begins_further_away(
    value: float, side: str, limit: float, clear: float | None, look: str
) -> None:
    assert seen(value, side, limit, clear) == look


@given(
    st.floats(allow_nan=False), st.sampled_from(["above", "below"]), st.floats(allow_nan=False, allow_infinity=False),
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
)  # fmt: skip
def test_no_value_is_bad_and_good(value: float, side: str, limit: float, clear: float | None) -> None:
    look = seen(value, side, limit, clear)
    assert (look == "bad") == (value > limit if side == "above" else value < limit)


@given(st.lists(st.sampled_from(["bad", "good", "between"]), max_size=60), st.integers(0, 60))
def test_what_is_told_to_begin_is_told_to_be_over_before_it_begins_again(looks: list[Any], pending: int) -> None:
    standing: Standing | None = None
    told, now = [], NOW
    for look in looks:
        now += 10 * SECOND
        said = verdict(standing, look, now, pending)
        if said == "begin":
            assert standing is None
            standing = Standing(False, now, None)
        elif said == "fire":
            assert standing and not standing.firing and now - standing.began >= pending * SECOND
            told.append("fired")
            standing = Standing(True, standing.began, None)
        elif said in ("end", "forget"):
            assert standing and standing.firing == (said == "end")
            told += ["over"] if said == "end" else []
            standing = None
        elif said in ("good", "bad"):
            assert standing
            standing = Standing(standing.firing, standing.began, now if said == "good" else None)
    assert all(one != other for one, other in itertools.pairwise(told))
    assert told[:1] in ([], ["fired"])


class Site:
    """A curve whose values the test sets, a rule over it, and a channel."""

    def __init__(self) -> None:
        Rule.objects.all().delete()
        charts.chart(
            Chart("test-load", "Load", "per cent", ("test_load",), charts.mean_level("test_load"), ("client",))
        )
        self.rule = Rule.objects.create(
            name="Load is high", figure="test-load", limit=80, clear=70, minutes=2, pending=60
        )
        self.channel = Channel.objects.create(name="Us", kind="webhook", address="")
        self.now = NOW

    def is_at(self, value: float | None, client: str = "a", seconds: int = 60) -> None:
        """A minute later it was so in the minute before; then it is looked."""
        self.now += seconds * SECOND
        self.measured(value, client)
        watching.look(self.now)

    def measured(self, value: float | None, client: str = "a") -> None:
        if value is None:
            return
        at = int(self.now.timestamp()) // 60 * 60 - 60
        series, _made = Series.objects.get_or_create(
            name="meatlizard_test_load", labels=f'{{"client": "{client}"}}', kind="level"
        )
        Rollup.objects.update_or_create(series=series, step=60, at=at, defaults={"n": 1, "total": value})

    def told(self) -> list[str]:
        return list(Delivery.objects.order_by("pk").values_list("event", flat=True))


@pytest.fixture
def site(db: None, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(charts, "_charts", dict(charts._charts))
    return Site()


@pytest.mark.both_databases
def test_it_is_told_once_when_it_lasted_and_once_when_it_is_over(site: Site) -> None:
    site.is_at(90)
    assert (site.told(), Alert.objects.get().state) == ([], "pending")
    for _ in range(4):
        site.is_at(95)
    assert site.told() == ["fired"]
    alert = Alert.objects.get()
    assert (alert.state, alert.words) == ("firing", "95 per cent; the limit is 80.")
    # Between the marks it neither is over nor begins anew.
    for _ in range(4):
        site.is_at(75)
    assert site.told() == ["fired"]
    for _ in range(4):
        site.is_at(10)
    assert site.told() == ["fired", "over"]
    alert.refresh_from_db()
    assert (alert.state, alert.ended is not None) == ("over", True)
    site.is_at(200)
    assert Alert.objects.count() == 2


def test_a_short_peak_is_told_to_nobody(site: Site) -> None:
    Rule.objects.update(minutes=1, pending=90)
    site.is_at(200)
    site.is_at(0)
    site.is_at(0)
    assert (site.told(), Alert.objects.count()) == ([], 0)


def test_flapping_is_one_alert(site: Site) -> None:
    for _ in range(3):
        site.is_at(100)
    for _ in range(10):
        site.is_at(0)
        site.is_at(300)
    assert (site.told(), Alert.objects.count()) == (["fired"], 1)


def test_what_is_not_measured_changes_nothing(site: Site) -> None:
    for _ in range(10):
        site.is_at(None)
    assert Alert.objects.count() == 0
    for value in (100, 100, 100, None, None, None, None):
        site.is_at(value)
    assert site.told() == ["fired"]


def test_each_client_is_looked_at_by_itself(site: Site) -> None:
    Rule.objects.update(split="client")
    for _ in range(4):
        site.is_at(100, "mac")
        site.measured(5, "tower")
    alert = Alert.objects.get()
    assert (alert.subject, str(alert), alert.state) == ("mac", "Load is high (mac)", "firing")


def test_a_rule_that_is_switched_off_ends_what_it_began(site: Site) -> None:
    for _ in range(4):
        site.is_at(100)
    Rule.objects.update(enabled=False)
    site.is_at(100)
    assert site.told() == ["fired", "over"]
    Rule.objects.update(enabled=True)
    for _ in range(3):
        site.is_at(100)
    site.rule.delete()
    site.is_at(100)
    assert site.told() == ["fired", "over", "fired", "over"]


def test_a_rule_over_a_figure_that_is_gone_harms_no_other(site: Site) -> None:
    Rule.objects.create(name="Old", figure="gone", limit=0)
    for _ in range(3):
        site.is_at(100)
    assert site.told() == ["fired"]


@pytest.mark.both_databases
def test_channels_hear_what_is_grave_enough_for_them_and_only_its_own_end(site: Site) -> None:
    Channel.objects.update(least=Severity.CRITICAL)
    calm = Channel.objects.create(name="All", kind="webhook", address="")
    for _ in range(3):
        site.is_at(100)
    assert list(Delivery.objects.values_list("channel", flat=True)) == [calm.pk]
    Channel.objects.update(least=Severity.WARNING)
    for _ in range(4):
        site.is_at(0)
    assert list(Delivery.objects.filter(event="over").values_list("channel", flat=True)) == [calm.pk]


@pytest.mark.both_databases
def test_it_is_told_again_until_somebody_acknowledges(site: Site, olga: User, charlie: User) -> None:
    Channel.objects.update(repeat=1)
    for _ in range(3):
        site.is_at(100)
    for _ in range(3):
        site.is_at(100, seconds=3_600)
    assert site.told() == ["fired", "again", "again", "again"]
    alert = Alert.objects.get()
    with pytest.raises(Forbidden):
        actions.acknowledge(charlie, [alert.pk])
    assert actions.acknowledge(olga, [alert.pk]) == 1
    assert actions.acknowledge(olga, [alert.pk]) == 0
    site.is_at(100, seconds=7_200)
    assert site.told() == ["fired", "again", "again", "again"]
    assert AuditEntry.objects.filter(action="alert acknowledged", actor=olga.pk).count() == 1


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_processes_that_look_at_the_same_time_tell_it_once() -> None:
    Channel.objects.create(name="Us", kind="webhook", address="")
    gate, trouble = threading.Barrier(4), []

    def process() -> None:
        try:
            for bad in (True, True, False, False, True, False):
                gate.wait(30)
                actions.report("backups", "The backup is late", bad=bad, words="37 hours old")
                gate.wait(30)
        except BaseException as error:
            trouble.append(error)
            gate.abort()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=process) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not trouble
    assert list(Delivery.objects.order_by("pk").values_list("event", flat=True)) == ["fired", "over", "fired", "over"]
    assert Alert.objects.filter(state="over").count() == 2


def test_old_alerts_are_forgotten(site: Site) -> None:
    old = timezone.now() - watching.KEPT - 10 * SECOND
    for state, ended in (("over", old), ("over", timezone.now()), ("firing", None)):
        Alert.objects.create(source=f"x{state}{ended}", title="x", state=state, began=old, ended=ended)
    assert watching.clear() == 1
    assert Alert.objects.count() == 2


def test_the_usual_rules_are_over_figures_that_are_there() -> None:
    import importlib

    usual = importlib.import_module("meatlizard.alerts.migrations.0002_usual_rules").USUAL
    for one in usual:
        chart = charts.all_charts()[one["figure"]]
        assert one.get("split", "") in ("", *chart.splits)
        side = one.get("side", "above")
        assert judging.seen(one["clear"], side, one["limit"], one["clear"]) == "good"
