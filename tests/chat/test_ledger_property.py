"""No sequence of what people and machines do loses a token of the ledger or spends one twice."""

import datetime
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat import actions, generations
from chat.context import actions as memory
from chat.generations import Outcome
from chat.models import Conversation, Generation, Message
from chat.temporary import actions as temporary
from chat.temporary.events import AskTemporary
from inference_client.protocol.vocabulary import Usage
from meatlizard.accounts.models import Tier, User
from meatlizard.budgets import actions as budgets
from meatlizard.budgets.models import Reservation, WeeklyUse
from meatlizard.errors import AppError
from meatlizard.jobs.lease import HELD, State

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

VERBS = [
    # Twice: without these all else has nothing to do.
    "ask", "ask", "claim", "claim",
    "regenerate", "summarise", "temporary", "finish", "fail", "lose", "stop", "delete", "late", "expire", "settle",
]  # fmt: skip
STEPS = st.lists(st.tuples(st.sampled_from(VERBS), st.integers(0, 10_000)), min_size=12, max_size=40)
LIMIT = 9_000


class World:
    """What should be in the ledger after each step."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.spent = 0
        self.owed: dict[UUID, int] = {}
        """Deleted under their machines' hands, and what each costs if nobody says more."""
        self.epochs: dict[UUID, int] = {}
        self.temporary: list[UUID] = []

    def do(self, verb: str, number: int) -> None:
        try:
            getattr(self, verb)(number)
        except AppError:
            pass  # refused, which must leave no trace

    def ask(self, number: int) -> None:
        talks = list(Conversation.objects.order_by("created"))
        talk = talks[number % len(talks)] if talks and number % 3 else actions.create_conversation(self.user)
        actions.send(self.user, talk.pk, uuid4(), "word " * (number % 400 + 1))

    def regenerate(self, number: int) -> None:
        rows = list(Message.objects.filter(role="assistant").order_by("created"))
        if rows:
            actions.regenerate(self.user, rows[number % len(rows)], uuid4())

    def summarise(self, number: int) -> None:
        talks = list(Conversation.objects.order_by("created"))
        if talks:
            memory.summarise(self.user, talks[number % len(talks)])

    def temporary_(self, number: int) -> None:
        asked = AskTemporary(type="temporary.ask", request=uuid4(), text="word " * (number % 300 + 1))
        self.temporary.append(temporary.prepare(self.user, uuid4(), asked).generation)

    def settle(self, number: int) -> None:
        """A temporary answer ends, perhaps twice."""
        if self.temporary:
            key = self.temporary.pop()
            budgets.settle(key, number % 700)
            budgets.settle(key, number % 700)
            self.spent += number % 700

    def claim(self, number: int) -> None:
        row = self.any_of(number, Generation.objects.filter(state=State.QUEUED).exclude(purpose="title"))
        if row:
            Generation.objects.filter(pk=row.pk).update(
                state=State.LEASED, lease_owner="one", lease_epoch=row.lease_epoch + 1,
                lease_until=timezone.now() + datetime.timedelta(minutes=1), attempts=row.attempts + 1,
            )  # fmt: skip
            self.epochs[row.pk] = row.lease_epoch + 1

    def finish(self, number: int) -> None:
        row = self.any_of(number, self.held)
        if row:
            usage = Usage(prompt_tokens=number % 900, completion_tokens=number % 70, cached_tokens=number % 90)
            outcome = Outcome("stop", usage, answered_by="tiny", html="<p>yes</p>")
            for _again in range(2):
                generations.finish(row.pk, row.lease_epoch, "yes " * 30, outcome)
            row.refresh_from_db()
            if row.state == State.DONE or row.purpose == "summary":
                self.spent += 0 if row.state == State.FAILED else cost_of(usage)

    def fail(self, number: int) -> None:
        row = self.any_of(number, self.held)
        if row:
            generations.finish(row.pk, row.lease_epoch, "", Outcome("failed", error_code="x", error="It broke."))

    def lose(self, number: int) -> None:
        """Its machine goes away, and comes back too late."""
        row = self.any_of(number, self.held)
        if row:
            generations.give_back(row.pk, row.lease_epoch, "interrupted", "gone")
            generations.finish(
                row.pk, row.lease_epoch, "late", Outcome("stop", Usage(prompt_tokens=9, completion_tokens=9))
            )

    def stop(self, number: int) -> None:
        row = self.any_of(number, Generation.objects.filter(state=State.QUEUED).exclude(purpose="title"))
        if row:
            generations.request_stop(row)

    def delete(self, number: int) -> None:
        talks = list(Conversation.objects.order_by("created"))
        if talks:
            talk = talks[number % len(talks)]
            held = list(talk.generations.filter(state__in=HELD).exclude(purpose="title"))
            texts = {row.pk: "word " * (number % 50) for row in held}
            for row in held:
                piece = generations.Piece(row.pk, row.lease_epoch, 0, texts[row.pk])
                if texts[row.pk] and not generations.stored(row.pk).text:
                    generations.append([piece])
                self.owed[row.pk] = -(-len(generations.stored(row.pk).text) // 4)
            actions.delete(talk)

    def late(self, number: int) -> None:
        """The machine tells how far it was with what was deleted."""
        if self.owed:
            key = list(self.owed)[number % len(self.owed)]
            usage = Usage(prompt_tokens=number % 900, completion_tokens=7)
            for _again in range(2):
                assert not generations.finish(key, self.epochs[key], "so far", Outcome("cancelled", usage))
            self.spent += cost_of(usage)
            del self.owed[key]

    def expire(self, number: int) -> None:
        """Nobody did."""
        budgets.expire(timezone.now() + datetime.timedelta(hours=2))
        self.spent += sum(self.owed.values())
        self.owed.clear()
        self.temporary.clear()

    @property
    def held(self) -> object:
        return Generation.objects.filter(state__in=HELD).exclude(purpose="title")

    @staticmethod
    def any_of(number: int, rows: object) -> Generation | None:
        found = list(rows.order_by("created", "pk"))  # type: ignore[attr-defined]
        return found[number % len(found)] if found else None

    def check(self) -> None:
        week = WeeklyUse.objects.filter(user=self.user).first()
        if week is None:
            return
        open_ones = dict(Reservation.objects.values_list("key", "tokens"))
        assert week.reserved == sum(open_ones.values()), "what is set aside is what is open"
        assert week.used == self.spent
        under_way = Generation.objects.exclude(state__in=[State.DONE, State.FAILED, State.CANCELLED])
        live = set(under_way.exclude(purpose="title").values_list("pk", flat=True))
        assert set(open_ones) == live | set(self.owed) | set(self.temporary), (
            "one for each that is under way, and no other"
        )


def cost_of(usage: Usage) -> int:
    return max(0, usage.prompt_tokens - usage.cached_tokens) + usage.completion_tokens


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_the_ledger_holds_whatever_happens(alice: User, steps: list[tuple[str, int]]) -> None:
    tier, _made = Tier.objects.get_or_create(
        name="small", defaults={"title": "Small", "weekly_tokens": LIMIT, "storage_bytes": 0, "concurrency": 9}
    )
    alice.tier = tier
    alice.save()
    for model in (Reservation, WeeklyUse, Conversation):
        model.objects.all().delete()
    world = World(alice)
    for verb, number in steps:
        world.do("temporary_" if verb == "temporary" else verb, number)
        world.check()
    world.expire(0)
    world.check()


def test_an_answer_whose_conversation_was_deleted_is_charged_by_its_machines_count(alice: User) -> None:
    world = World(alice)
    world.ask(0)
    world.claim(0)
    world.delete(10)
    assert not Generation.objects.exists()
    world.check()
    world.late(300)
    world.check()
    assert world.spent == 307
    assert not Reservation.objects.exists()


def test_or_by_what_was_stored_when_nobody_counts_it(alice: User) -> None:
    world = World(alice)
    world.ask(0)
    world.claim(0)
    world.delete(40)
    assert budgets.expire() == 0, "its machine has some minutes to say so"
    world.expire(0)
    world.check()
    assert WeeklyUse.objects.get().used == 40 * 5 // 4
