"""Curves of what was measured: right to the number, gaps where nothing was, for operators alone."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from meatlizard.accounts.models import User
from meatlizard.metrics import charts, plots, windows
from meatlizard.metrics.batches import MARK, Minute, Seen, Waiting
from meatlizard.metrics.charts import Chart, Line
from meatlizard.metrics.models import Rollup, Series
from meatlizard.metrics.registry import PREFIX, Registry, gauge
from meatlizard.metrics.storing import Store
from meatlizard.metrics.windows import window

NOON = 1_700_000_040 - 1_700_000_040 % 86_400 + 12 * 3_600
NOW = NOON + 150.0


class History:
    """Measurements at chosen moments."""

    def __init__(self) -> None:
        self.registry = Registry()
        self.tokens = self.registry.counter("written_total", "", ("model", "client"))
        self.seconds = self.registry.counter("writing_total", "", ("model", "client"))
        self.took = self.registry.histogram("took_seconds", "", ("status",), (1.0, 2.0, 4.0))
        level = gauge("gpu_ratio", "", ("client",))
        self._store = Store(lambda: self.registry.families() | {level.name: level}, "test")
        self._number = 0

    def at(self, moment: float, **seen: float) -> None:
        self._number += 1
        waiting = Waiting()
        waiting.take(self.registry, moment)
        waiting.see([(PREFIX + "gpu_ratio", (client,), value) for client, value in seen.items()], moment)
        waiting.minute(moment).served = True
        self._store.add(self._number, waiting.handed_over())


@pytest.fixture
def history(db: None) -> History:
    made = History()
    for moment, model, written in ((NOON - 60, "a", 120), (NOON, "a", 60), (NOON, "b", 600), (NOON + 125, "b", 90)):
        made.tokens.add(model, "one", by=written)
        made.seconds.add(model, "one", by=written / 30)
        made.took.observe(1.5, "2xx")
        made.took.observe(3.0, "5xx" if model == "b" else "2xx")
        made.at(moment)
    made.at(NOON, one=0.5, two=1.0)
    made.at(NOON, one=0.7)
    return made


def drawn(draw: charts.Draw, names: tuple[str, ...], label: str = "", last: int = 5) -> dict[str, list[float | None]]:
    values = draw(window({*names, *(f"{name}_bucket" for name in names)}, "3h", NOW), label)
    return {key: line[-last:] for key, line in values.items()}


@pytest.mark.both_databases
def test_rates_are_a_second_and_the_minute_under_way_has_not_lasted_one(history: History) -> None:
    names = ("written_total",)
    # The last minute began 30 s ago.
    assert drawn(charts.per_second("written_total"), names) == {"": [None, 2.0, 11.0, None, 3.0]}
    assert drawn(charts.per_second("written_total"), names, "model") == {
        "a": [None, 2.0, 1.0, None, None], "b": [None, None, 10.0, None, 3.0],
    }  # fmt: skip
    assert drawn(charts.counted("written_total"), names, "client") == {"one": [None, 120, 660, None, 90]}


def test_ratios_levels_and_quantiles(history: History) -> None:
    assert drawn(charts.ratio("written_total", "writing_total"), ("written_total", "writing_total"))[""] == [
        None, pytest.approx(30), pytest.approx(30), None, pytest.approx(30),
    ]  # fmt: skip
    failed = charts.ratio("took_seconds", "took_seconds", 100, lambda labels: labels["status"] == "5xx", count=True)
    assert drawn(failed, ("took_seconds",))[""] == [None, 0.0, 25.0, None, 50.0]
    assert drawn(charts.how_often("took_seconds"), ("took_seconds",))[""] == [None, 2 / 60, 4 / 60, None, 2 / 30]
    # One's mean is 0.6, and the two together are 1.6, of which the mean by what was seen is 0.733.
    assert drawn(charts.level("gpu_ratio"), ("gpu_ratio",))[""][2] == pytest.approx(1.6)
    assert drawn(charts.mean_level("gpu_ratio", 100), ("gpu_ratio",))[""][2] == pytest.approx(73.333, abs=0.01)
    assert drawn(charts.mean_level("gpu_ratio"), ("gpu_ratio",), "client")["two"][2] == 1.0
    share = charts.level_share("gpu_ratio", "gpu_ratio", 100)
    assert drawn(share, ("gpu_ratio",))[""] == [None, None, 100.0, None, None]


def test_quantiles_lie_within_their_bucket(history: History) -> None:
    # At noon two of four in 1..2, two in 2..4.
    assert drawn(charts.quantile(history.took, 0.5), ("took_seconds",))[""][2] == 2.0
    assert drawn(charts.quantile(history.took, 0.25), ("took_seconds",))[""][2] == 1.5
    assert drawn(charts.quantile(history.took, 1.0), ("took_seconds",))[""][2] == 4.0
    assert drawn(charts.quantile(history.took, 0.5), ("took_seconds",))[""][3] is None
    history.took.observe(1e9, "2xx")
    history.at(NOON + 60)
    # Beyond the last bound nobody knows how far.
    assert drawn(charts.quantile(history.took, 0.5), ("took_seconds",))[""][3] == 4.0


def test_uptime_counts_minutes_from_the_first_on(history: History) -> None:
    values = drawn(charts.uptime, (MARK,))[""]
    assert values == [None, 100.0, 100.0, 0.0, 100.0]
    hours = charts.uptime(window({MARK}, "2d", NOW), "")[""]
    # Of noon's hour two and a half minutes have gone by.
    assert hours[-2:] == [pytest.approx(100 / 60), 100.0]
    assert charts.uptime(window({"nothing"}, "2d", NOW), "") == {}


def test_only_so_many_lines_and_the_largest_first(history: History) -> None:
    for number in range(10):
        history.tokens.add(f"m{number}", "one", by=1_000 + number)
    history.at(NOON)
    one = Chart("t", "T", "", ("written_total",), charts.per_second("written_total"), ("model",))
    found, more = charts.lines(one, window(one.names, "3h", NOW), "model")
    assert ([line.name for line in found][:2], len(found), more) == (["m9", "m8"], charts.MOST_LINES, 6)
    # A chart without that label is shown all the same.
    found, more = charts.lines(one, window(one.names, "3h", NOW), "client")
    assert ([line.name for line in found], more) == (["T"], 0)


def test_curves_break_where_nothing_was_measured() -> None:
    made = plots.plot([Line("a", [1.0, 2.0, None, 4.0, None])], [0, 60, 120, 180, 240], 60)
    (curve,) = made.curves
    assert [part[0] for part in re.findall(r"[ML]", curve.path)] == ["M", "L", "M"]
    assert all(0 <= float(y) <= plots.HEIGHT for y in re.findall(r"[ML][\d.]+ ([\d.]+)", curve.path))
    assert [mark.words for mark in made.lines] == ["0", "2", "4"]
    assert plots.plot([], [], 60).curves == []


@pytest.mark.parametrize(
    ("value", "words"),
    [(0, "0"), (0.0412, "0.041"), (7.25, "7.25"), (123.4, "123"), (12_345, "12.3k"), (1.2e6, "1.2M"), (3e12, "3T"), (-5, "-5")],
)  # fmt: skip
def test_numbers_are_short(value: float, words: str) -> None:
    assert plots.number(value) == words


@pytest.mark.parametrize(
    ("most", "top"), [(0, 1), (0.3, 0.4), (1, 1), (7, 8), (99, 100), (101, 200), (float("inf"), 1)]
)
def test_scales_end_at_round_numbers(most: float, top: float) -> None:
    assert plots.rounded_up(most) == pytest.approx(top)


def test_reading_it_all_is_one_query(history: History, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        window(["written_total", "took_seconds", MARK], "14d", NOW)


PAGES = [("figures", {}), ("figure", {"chart": "tokens"})]


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "parts"), PAGES)
def test_pages_are_for_operators_alone(
    client: Client, alice: User, olga: User, name: str, parts: dict[str, str]
) -> None:
    address = reverse(name, kwargs=parts)
    assert client.get(address)["Location"].startswith("/accounts/login/")
    client.force_login(alice)
    assert client.get(address).status_code == 403
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    assert client.get(address).status_code == 403
    client.force_login(olga)
    assert client.get(address).status_code == 200
    assert client.post(address).status_code == 405


@pytest.mark.django_db
def test_a_page_shows_every_chart_with_words_and_takes_any_choice(client: Client, olga: User) -> None:
    client.force_login(olga)
    assert client.get(reverse("figure", kwargs={"chart": "nothing"})).status_code == 404
    for query in ("", "?span=2y&by=client", "?span=%00&by=<script>", "?span=14d&by=model"):
        page = client.get(reverse("figures") + query).content.decode()
        for one in charts.all_charts().values():
            assert str(one.title) in page
        assert "<script>" not in page
        assert "Nothing was measured in this time." in page


@pytest.mark.django_db
def test_hostile_names_are_text_in_curves_and_tables(client: Client, olga: User) -> None:
    import json
    import time

    at = int(time.time()) // 60 * 60
    name = "<img src=x onerror=alert(1)>"
    labels = json.dumps({"client": "x", "model": name})
    series = Series.objects.create(name="meatlizard_completion_tokens_total", labels=labels, kind="sum")
    Rollup.objects.create(series=series, step=60, at=at, n=1, total=60.0)
    client.force_login(olga)
    page = client.get(reverse("figure", kwargs={"chart": "tokens"}) + "?by=model").content.decode()
    assert name not in page
    assert "&lt;img src=x" in page
    assert 'class="line-1"' in page


def test_every_chart_reads_what_is_measured_and_splits_by_what_it_has() -> None:
    """A chart of a name that nothing declares would stay empty for ever."""
    from meatlizard.metrics.answering import declared

    families = declared()
    for one in charts.all_charts().values():
        for name in one.names:
            family = families[PREFIX + name]
            assert set(one.splits) <= set(family.labels), one.key


def test_minutes_and_seen_levels_add_up() -> None:
    one = Minute(0, seen={("a", ()): Seen(1, 2.0, 2.0, 2.0)})
    one.add(Minute(60, seen={("a", ()): Seen(1, 4.0, 4.0, 4.0)}, served=True))
    assert (one.seen["a", ()], one.served) == (Seen(2, 6.0, 2.0, 4.0), True)
    assert set(windows.SPANS) == {"3h", "2d", "14d", "90d", "2y"}
