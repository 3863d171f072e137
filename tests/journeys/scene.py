"""A site somebody has lived in: each kind of thing that has a page is there once. Run inside the site's own process by ``furnish``.

The same scene is made with honest texts and with hostile ones.
"""

import datetime
import json
import sys
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import DatabaseError, models, transaction
from django.utils import timezone

from tests.hostile.corpus import corpus
from tests.journeys.scene_apps import pastes, shares, short_link, transcript, transcripts
from tests.journeys.scene_files import library
from tests.journeys.scene_previews import photograph
from tests.journeys.scene_video import videos
from tests.journeys.scene_viewers import viewers
from tests.journeys.texts import CONVERSATIONS, TURNS
from tests.people import PASSWORD
from tests.services.site import LiveSite

OURS = (
    "chat",
    "paste",
    "files",
    "accounts",
    "budgets",
    "moderation",
    "jobs",
    "api",
    "ops",
    "control",
    "metrics",
    "health",
    "alerts",
)
MADE_BY_ITSELF = frozenset({"chat.SearchEntry", "accounts.User", "chat.Chunk"})
IN_A_MESSAGE = 25
"""Payloads of one message of the conversation that holds them all."""


def furnish(site: LiveSite, hostile: bool = False) -> dict[str, Any]:
    """Makes the scene at ``site``, which may run. Returns ids by the names that addresses have for them, and ``rows``: the key of one
    row of each of our models."""
    printed = site.manage("shell", "--no-imports", "-c", f"from tests.journeys.scene import make; make({hostile})")
    made: dict[str, Any] = json.loads(printed.strip().splitlines()[-1])
    return made


class Words:
    """Honest texts as they are; or in their place payloads, each in its turn, as many as fit."""

    def __init__(self, hostile: bool) -> None:
        self.hostile = hostile
        self._payloads = self._turning()

    @staticmethod
    def _turning() -> Iterator[str]:
        while True:
            yield from (payload.text for payload in corpus())

    def __call__(self, text: str, most: int = 400) -> str:
        if not self.hostile:
            return text[:most]
        said = ""
        for _ in range(40):
            payload = " ".join(next(self._payloads).split())
            if len(said) + len(payload) + 1 <= most:
                said += f"{payload} "
            elif said:
                break
        return said.strip() or "<b>"


def make(hostile: bool) -> None:
    words = Words(hostile)
    people = get_user_model().objects
    olga = people.filter(username="olga").first() or people.create_superuser("olga", "olga@example.org", PASSWORD)
    alice = people.filter(username="alice").first() or people.create_user("alice", "alice@example.org", PASSWORD)
    bob = people.create_user("bob", "bob@example.org", PASSWORD)
    apps.get_model("accounts.Tier").objects.update(messages_per_minute=1000)
    made = _conversations(alice, words)
    made |= _machines(olga, words)
    made |= _others(alice, bob, olga, words, made)
    made["deed"] = "tier"
    made["rows"], made["unfilled"] = _every_model(alice, words)
    sys.stdout.write(json.dumps(made, default=str) + "\n")


def _conversations(alice: Any, words: Words) -> dict[str, Any]:
    """Talks of every kind, brought in as an import brings them; the first is the one that is looked at."""
    from chat.portability import writing
    from chat.portability.form import FORMAT, VERSION

    now = timezone.now()
    made: dict[str, Any] = {}
    for number, title in enumerate(CONVERSATIONS):
        created = now - datetime.timedelta(hours=7 * number + 1)
        turns = list(_turns(words, created, everything=number == 0))
        talk = {
            "id": str(uuid4()), "title": words(title, 200), "title_by_owner": True, "model": words("qwen3-8b", 100),
            "system_prompt": words("You are a patient teacher of biology.", 4_000), "created": created.isoformat(),
            "updated": created.isoformat(), "pinned": number == 1, "tags": ["garden", "letters"][: number % 3],
            "folders": [{"name": words(name, 80), "system_prompt": words("Answer briefly.", 2_000)} for name in ("Home", "Garden")]
            if number in (0, 3, 5) else [],
            "messages": turns, "head": turns[-1]["id"],
        }  # fmt: skip
        program, read = writing.read(
            {"format": FORMAT, "version": VERSION, "exported": now.isoformat(), "conversation": talk}
        )
        prepared = writing.prepare(alice, program, read)
        with transaction.atomic():
            writing.store(alice, prepared)
        made.setdefault("conversation", str(prepared.key))
    conversation = apps.get_model("chat.Conversation").objects.get(pk=made["conversation"])
    made["folder"] = str(conversation.folder_id)
    made["message"] = str(conversation.messages.filter(role="assistant").order_by("created").last().pk)
    _failures(alice, conversation, words)
    _calls(made["message"], words)
    return made


def _turns(words: Words, created: datetime.datetime, everything: bool) -> Iterator[dict[str, Any]]:
    parent = None
    said = TURNS
    if words.hostile and everything:
        texts = [payload.text for payload in corpus()]
        pieces = ["\n\n".join(texts[at : at + IN_A_MESSAGE]) for at in range(0, len(texts), IN_A_MESSAGE)]
        said = [(piece, piece, piece) for piece in pieces]
    for question, thinking, answer in said if everything else said[:1]:
        for role, source, text in (("user", "person", question), ("assistant", "model", answer)):
            created += datetime.timedelta(seconds=20)
            key = str(uuid4())
            yield {
                "id": key, "parent": parent, "role": role, "source": source, "content": text, "created": created.isoformat(),
                "model": words("qwen3-8b", 100) if role == "assistant" else "", "tokens": 87 if role == "assistant" else None,
                "thinking": thinking if role == "assistant" else "",
            }  # fmt: skip
            parent = key


def _failures(alice: Any, conversation: Any, words: Words) -> None:
    """Answers that ended badly say why."""
    from chat import actions, generations
    from chat.models import Conversation, Generation

    other = Conversation.objects.filter(owner=alice).exclude(pk=conversation.pk).order_by("-updated").first()
    for talk in (conversation, other):
        asked = actions.send(alice, talk.pk, uuid4(), words("And which of them can fly?", 4_000))
        generations.end_by_site(asked.generation, "failed", "failed", words("The machine ran out of memory.", 400))
    Generation.objects.filter(message__conversation=conversation).update(
        tool_calls=[{"id": "a", "name": words("search", 200), "arguments": "{}"}],
        routed={
            "route": "math",
            "name": words("Math", 60),
            "stage": "rules",
            "why": words("sum", 100),
            "confidence": 0.9,
        },
    )


def _calls(message: str, words: Words) -> None:
    """The answer that is looked at has called tools, and cites what they read."""
    from chat.models import AnswerSource, Message, ToolCall

    now = timezone.now()
    for number, state in enumerate(("done", "failed", "waiting")):
        call = ToolCall.objects.create(
            message_id=message, step=0, number=number, call="a", name=words("look_up", 64), state=state, created=now, started=now, ended=now,
            arguments=words('{"word": "wall"}', 400), result=words("A wall.", 400), shown=words("A wall.", 200), asks=words("Was it your wish?", 300),
            until=now + datetime.timedelta(days=400) if state == "waiting" else None,
        )  # fmt: skip
    AnswerSource.objects.create(
        message_id=message, number=1, title=words("Walls", 300), address="https://example.org/walls", excerpt=words("About walls.", 400),
        read=now, call=call,
    )  # fmt: skip
    Message.objects.filter(pk=message).update(called=3, cited=1)


def _machines(olga: Any, words: Words) -> dict[str, Any]:
    from chat.models import Node, NodeModel, NodeSample

    now = timezone.now().replace(second=0, microsecond=0)
    for number, name in enumerate(("Mac in the cellar", "Tower under the desk")):
        node = Node.objects.create(
            name=words(name, 80), owner=olga, public_key=uuid4().bytes * 2, client_version=words("0.1.0", 40), session="scene" if not number else "",
            platform=words("macOS 15.1, Apple M2 Max", 200), backend=words("metal", 40), last_seen=timezone.now(), notes=words("Sleeps at night."),
        )  # fmt: skip
        for alias in ("qwen3-8b", "gemma-3-27b"):
            NodeModel.objects.create(
                node=node, alias=words(alias, 100), context_length=32_768, slots=8, quantisation=words("Q4_K_M", 32), prompt_tps=812.5,
                generation_tps=41.2, thinking="boolean", vision=alias != "qwen3-8b", tools=True,
            )  # fmt: skip
        for minute in range(50):
            NodeSample.objects.create(
                node=node, session="scene", at=now - datetime.timedelta(minutes=minute), seconds=60, requests=3,
                completion_tokens=900 + 37 * (minute * 7 % 13), prompt_tokens=4_000, busy=2, gpu_utilisation=0.6, memory=9_000_000_000,
            )  # fmt: skip
    return {}


def _others(alice: Any, bob: Any, olga: Any, words: Words, made: dict[str, Any]) -> dict[str, Any]:
    """Links, imports, prompts, personas, and what moderators look at."""
    from chat.artifacts import actions as artifacts
    from chat.models import Conversation, ImportRun, Lorebook, Message
    from chat.personas import actions as personas
    from chat.personas.character import Character
    from chat.prompting import actions as prompts
    from chat.prompting import content
    from chat.sharing import actions as sharing
    from meatlizard.moderation.actions import appeals, cases, reports, sanctions

    share, token = sharing.share(Conversation.objects.get(pk=made["conversation"]))
    run = ImportRun.objects.create(
        owner=alice, name=words("chatgpt-export.zip", 200), created=timezone.now(), ended=timezone.now(), state="done", imported=41, refused_count=1,
        refused=[{"title": words("Old plans", 200), "reason": words("It has no messages.", 300)}], error=words("", 300) if words.hostile else "",
    )  # fmt: skip
    mine = content.read(
        "letter", words("A letter to {{who}}", 100), words("Kind, and not too long", 300), words("Writing", 40),
        words("Write a letter to {{who}} about {{what}}.", 4_000).replace("{{", "{ {") if words.hostile else "Write a letter to {{who}} about {{what}}.",
        () if words.hostile else ({"name": "who", "label": "Who", "kind": "text"}, {"name": "what", "label": "What", "kind": "text"}),
    )  # fmt: skip
    prompt = prompts.add(alice, alice, mine)
    prompts.save_own_text(
        alice, words("I keep lizards and grow tomatoes.", 1_000), words("Briefly, with examples.", 1_000)
    )
    character = Character(
        name=words("Ada the gecko", 100), description=words("A gecko who knows every plant of the garden.", 4_000),
        personality=words("curious, dry", 2_000), scenario=words("On a warm wall in July.", 2_000), first_message=words("Warm wall, isn't it?", 4_000),
        alternatives=(words("You again!", 2_000),), examples=words("<START>\n{{user}}: Hi\n{{char}}: Hello there.", 2_000), system_prompt=words("Stay small.", 2_000),
        creator=words("alice", 100), creator_notes=words("Drawn from life.", 2_000), tags=(words("garden", 60), words("reptile", 60)), nickname=words("Ada", 100),
    )  # fmt: skip
    persona = personas.create(alice, character, visibility="public")
    personas.set_state(persona, "published")
    entry = {
        "keys": [words("wall", 60)],
        "content": words("The wall faces south.", 900),
        "enabled": True,
        "insertion_order": 1,
        "extensions": {},
    }
    Lorebook.objects.create(
        owner=alice,
        name=words("Our garden", 100),
        data={"name": words("Our garden", 100), "entries": [entry], "extensions": {}},
    )
    message = Message.objects.get(pk=made["message"])
    file = artifacts.create(
        alice, message, f"{words('walls', 80)}.html", words("<h1>Walls</h1><p>They face south.</p>", 4_000)
    )
    case = reports.report(
        alice, "192.0.2.1", service="chat", target=str(message.pk), text=words(message.content, 4_000), reason="other",
        comment=words("It names my neighbour.", 900), place=words("a conversation", 100), owner=alice.pk,
    )  # fmt: skip
    cases.confirm(olga, case, words("Seen.", 300))
    sanctions.warn(olga, bob, words("Please leave neighbours out of it.", 400), case)
    appeals.appeal(alice, case, words("He asked for it.", 900))
    _rules(words)
    apps.get_model("control.Announcement").objects.create(
        text=words("The summer meeting is on Friday at eight.", 900), begins=timezone.now()
    )
    apps.get_model("ops.Switches").objects.create(pk=1, version=1)
    flow = _flow(persona, words)
    made |= transcripts(alice, made["conversation"])
    return made | short_link(alice, words) | pastes(alice, bob, words) | shares(alice, words) | library(alice, words) | {
        "flow": flow.pk, "transcript": transcript(alice, made["conversation"], words), "attached": 0, "artifact": file.artifact_id,
        "share": share.pk, "token": token, "run": run.pk, "prompt": prompt.pk, "number": 1, "persona": persona.pk, "case": case.pk,
        "version": persona.current.number if persona.current else 1, "kind": "html", "chart": "tokens", "id": alice.pk, "pk": 1,
    } | photograph(alice, words) | videos(alice, bob, words) | viewers(alice, bob, words)  # fmt: skip


def _flow(persona: Any, words: Words) -> Any:
    from chat.models import Flow, FlowVersion, PersonaFlow

    flow = Flow.objects.create(name=words("Welcome", 100))
    answer = {"kind": "choice", "choices": [words("The garden", 80), words("The house", 80)]}
    steps = [
        {"kind": "ask", "name": "topic", "text": words("What shall we talk about?"), "key": "topic", "answer": answer},
        {"kind": "hand_over", "name": "chat", "text": words("Then let us begin."), "note": words("Be brief.")},
    ]
    flow.current = FlowVersion.objects.create(flow=flow, number=1, steps=steps)
    flow.save()
    PersonaFlow.objects.create(persona=persona, flow=flow)
    return flow


def _rules(words: Words) -> None:
    from meatlizard.moderation.models import Rule, RuleSet

    house = RuleSet.objects.create(name=words("House rules", 80), note=words("From the meeting in May.", 900))
    Rule.objects.create(
        rule_set=house,
        name=words("Names of neighbours", 80),
        words=words("Miller\nSmith", 900),
        message=words("Please leave them out.", 300),
    )


def _every_model(alice: Any, words: Words) -> tuple[dict[str, Any], list[str]]:
    """The key of one row of each model; where there was none, one with whatever its fields may hold."""
    rows: dict[str, Any] = {}
    unfilled = []
    for model in apps.get_models():
        if model._meta.app_label not in OURS:
            continue
        if not model._default_manager.exists() and model._meta.label not in MADE_BY_ITSELF:
            try:
                with transaction.atomic():
                    model._default_manager.create(**_values(model, alice, words))
            except (DatabaseError, ValueError, TypeError) as error:
                unfilled.append(f"{model._meta.label}: {error}")
        row = model._default_manager.order_by("pk").first()
        if row is not None:
            rows[f"{model._meta.app_label}_{model._meta.model_name}"] = row.pk
    return rows, unfilled


def _values(model: type[models.Model], alice: Any, words: Words) -> dict[str, Any]:
    return {
        field.name: _value(field, alice, words)
        for field in model._meta.concrete_fields
        if not isinstance(field, models.AutoField) and (not field.has_default() or _is_text(field)) and not _left_empty(field, words)
    }  # fmt: skip


def _is_text(field: Any) -> bool:
    return isinstance(field, models.CharField | models.TextField) and not field.choices and not field.unique


def _left_empty(field: Any, words: Words) -> bool:
    return field.null and not (field.is_relation or (words.hostile and _is_text(field)))


def _value(field: Any, alice: Any, words: Words) -> Any:
    if field.is_relation:
        if field.related_model is get_user_model():
            return alice
        found = field.related_model._default_manager.first()
        return found
    if field.choices:
        return field.choices[0][0]
    if _is_text(field):
        return words(field.verbose_name, min(field.max_length or 400, 400))
    if isinstance(field, models.CharField | models.TextField):
        return uuid4().hex[: field.max_length]
    return _plain(field)


def _plain(field: Any) -> Any:
    kinds: list[tuple[Any, Any]] = [
        (models.DateTimeField, timezone.now()), (models.DateField, timezone.now().date()), (models.UUIDField, uuid4()),
        (models.BinaryField, b"x"), (models.BooleanField, False), (models.FloatField, 1.0), (models.IntegerField, 1),
        (models.JSONField, {}),
    ]  # fmt: skip
    return next((value for kind, value in kinds if isinstance(field, kind)), None)
