"""What the chat measures: answers as they end, and how queue and machines stand."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import partial
from typing import Final

from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chat import queueing
from chat.availability import room_of
from chat.models import Conversation, Generation, Node
from chat.node_overview import NodeView, overview
from meatlizard.jobs.lease import HELD, State
from meatlizard.metrics import charts
from meatlizard.metrics.charts import Chart
from meatlizard.metrics.readings import Found, reading
from meatlizard.metrics.registry import counter, histogram

SPEEDS: Final = (1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0)
FALLBACK: Final = "markov"
BY_THE_SITE: Final = "site"

ended_total = counter(
    "generations_total", "Generations that ended, by what they were for, route, model and outcome.",
    ("purpose", "route", "model", "outcome"),
)  # fmt: skip
read_total = counter("prompt_tokens_total", "Tokens that models have read.", ("model", "client"))
written_total = counter("completion_tokens_total", "Tokens that models have written.", ("model", "client"))
writing_total = counter("completion_seconds_total", "Seconds that models have written.", ("model", "client"))
first_token = histogram("first_token_seconds", "From the question to the first text of its answer.", ("model",))
speed = histogram("generation_tokens_per_second", "Tokens a second of one answer.", ("model",), SPEEDS)
wait = histogram("queue_wait_seconds", "From the question to a machine that takes it.")


def ended(row: Generation) -> None:
    """``row`` ends with the present transaction."""
    transaction.on_commit(partial(_count, row))


def claimed(rows: Iterable[Generation]) -> None:
    """Machines take these. Only the first time is a wait for one."""
    now = timezone.now()
    for row in rows:
        if row.attempts == 1 and not row.step and row.purpose == Generation.Purpose.ANSWER:
            wait.observe(max(0.0, (now - row.created).total_seconds()))


def client(node: object) -> str:
    """The first part of a client's id; ``client_info`` has its name, which need not be its alone."""
    return str(node)[:8] if node else BY_THE_SITE


def _count(row: Generation) -> None:
    model = row.answered_by or row.model
    route = (row.routed or {}).get("name", "")
    ended_total.add(row.purpose, route, model, row.state)
    if row.completion_tokens is not None:
        where = (model, client(row.node_id))
        written_total.add(*where, by=row.completion_tokens)
        read_total.add(*where, by=row.prompt_tokens or 0)
        if row.completion_seconds:
            writing_total.add(*where, by=row.completion_seconds)
            if row.completion_tokens > 1 and row.state == State.DONE:
                speed.observe(row.completion_tokens / row.completion_seconds, model)
    if row.started is not None and row.state == State.DONE and row.purpose == Generation.Purpose.ANSWER:
        first_token.observe(max(0.0, (row.started - row.created).total_seconds()), model)


def register() -> None:
    _readings()
    _charts()
    charts.namer("client", _names_of_clients)


def _charts() -> None:
    written, ended, gpu = "completion_tokens_total", "generations_total", "client_gpu_ratio"
    for one in (
        Chart("tokens", _("Tokens written"), _("a second"), (written,), charts.per_second(written), ("model", "client")),
        Chart("speed", _("Speed of answers"), _("tokens a second"), (written, "completion_seconds_total"),
              charts.ratio(written, "completion_seconds_total"), ("model", "client")),
        Chart("gpu", _("GPUs in use"), _("per cent"), (gpu,), charts.mean_level(gpu, 100), ("client",), 100.0),
        Chart("busy", _("Sequences that machines run"), "", ("client_busy",), charts.level("client_busy"), ("client",)),
        Chart("machines", _("Machines that are there"), "", ("client_connected",), charts.level("client_connected"), ("client",)),
        Chart("first", _("First text within, half of the answers"), _("seconds"), ("first_token_seconds",),
              charts.quantile(first_token, 0.5), ("model",)),
        Chart("first-late", _("First text within, 95 of 100 answers"), _("seconds"), ("first_token_seconds",),
              charts.quantile(first_token, 0.95), ("model",)),
        Chart("waiting", _("Questions that wait"), "", ("queue_waiting",), charts.level("queue_waiting")),
        Chart("answers", _("Generations that ended"), "", (ended,), charts.counted(ended), ("model",)),
        Chart("failed", _("Generations that failed"), _("per cent"), (ended,), charts.ratio(ended, ended, 100, _failed), ("model",)),
        Chart("fallback", _("Answered by fallback"), _("per cent"), (ended,), charts.ratio(ended, ended, 100, _by_fallback)),
        Chart("people", _("People who asked within a day"), "", ("people_active",),
              charts.level("people_active", lambda labels: labels["span"] == "day")),
    ):  # fmt: skip
        charts.chart(one)


def _failed(labels: Mapping[str, str]) -> bool:
    return labels["outcome"] == State.FAILED


def _by_fallback(labels: Mapping[str, str]) -> bool:
    return labels["model"] == FALLBACK


def _names_of_clients() -> dict[str, str]:
    rows = Node.objects.values_list("pk", "name")
    return {client(key): name for key, name in rows} | {BY_THE_SITE: gettext("the site")}


def _readings() -> None:
    reading(
        "queue", _queue,
        ("queue_waiting", "Questions that wait for a machine.", ()),
        ("queue_slots", "Sequences that all connected machines can run at once for everybody.", ()),
        ("generations_open", "Generations under way, by state.", ("state",)),
    )  # fmt: skip
    reading(
        "clients", _clients,
        ("client_info", "Always 1; which client has which name.", ("client", "name")),
        ("client_connected", "1: connected and open for work, 0: not.", ("client",)),
        ("client_slots", "Sequences that it can run at once.", ("client",)),
        ("client_busy", "Sequences that it runs.", ("client",)),
        ("client_gpu_ratio", "Share of its GPU that is in use, as it says.", ("client",)),
        ("client_gpu_memory_bytes", "Memory of its GPU in use, as it says.", ("client",)),
        ("client_memory_bytes", "Memory that it takes.", ("client",)),
        ("client_temperature_celsius", "As it says.", ("client",)),
        ("client_tokens_per_second", "What it writes now.", ("client",)),
    )  # fmt: skip
    reading(
        "people", _people,
        ("people_active", "People who asked something within the span.", ("span",)),
        ("conversations", "Conversations that are kept.", ()),
    )  # fmt: skip


def _queue() -> Iterable[Found]:
    found = queueing.snapshot()
    yield Found("queue_waiting", len(found.waiting))
    yield Found("queue_slots", found.slots)
    held = Generation.objects.filter(state__in=[State.QUEUED, *HELD]).order_by().values_list("state")
    states = {state.value: 0 for state in (State.QUEUED, *HELD)} | dict(held.annotate(n=Count("pk")))
    for state, count in states.items():
        yield Found("generations_open", count, (state,))


def _clients() -> Iterable[Found]:
    for node in overview().nodes:
        if node.state != "revoked":
            yield from _client(node)


def _client(node: NodeView) -> Iterable[Found]:
    name = (client(node.row.pk),)
    slots = sum(model.row.slots for model in node.models if model.row.kind == "chat")
    yield Found("client_info", 1, (*name, node.row.name))
    yield Found("client_connected", float(node.state == "connected"), name)
    yield Found("client_slots", room_of(node.row, slots) if node.connected else 0, name)
    yield Found("client_busy", node.running, name)
    told = {"client_tokens_per_second": node.speed}
    if node.latest is not None:
        told |= {
            "client_gpu_ratio": node.latest.gpu_utilisation, "client_gpu_memory_bytes": node.latest.gpu_memory,
            "client_memory_bytes": node.latest.memory, "client_temperature_celsius": node.latest.temperature,
        }  # fmt: skip
    for what, value in told.items():
        # What a machine does not say is left out, and no nought.
        if value is not None:
            yield Found(what, value, name)


def _people() -> Iterable[Found]:
    now = timezone.now()
    for span, days in (("day", 1), ("week", 7)):
        asked = Generation.objects.filter(created__gte=now - timedelta(days=days), purpose=Generation.Purpose.ANSWER)
        yield Found("people_active", asked.order_by().aggregate(n=Count("user", distinct=True))["n"], (span,))
    yield Found("conversations", Conversation.objects.filter(removed=None).count())
