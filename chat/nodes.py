"""Verbs of nodes: pairing codes, enrolment, presence, revocation."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from pydantic import BaseModel

from chat import generations
from chat.availability import ONLINE_SECONDS, Hours, hours, quiet_now
from chat.bus import PROCESS, control_on_commit
from chat.generations import Taken
from chat.models import Node, NodeModel, PairingCode
from inference_client.protocol import keys, pairing
from inference_client.protocol.messages import Availability, Held, Hello, Order
from inference_client.protocol.vocabulary import ModelInfo
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid

CODE_MINUTES = 15

_OFFER = [name for name in ModelInfo.model_fields if name != "alias"]
SESSION_PREFIX = f"{PROCESS[:24]}."
"""Of the names of this process's links."""


OrderVerb = Literal["load", "unload", "drain", "pause", "resume"]


class NodeOrder(BaseModel):
    """An order on its way to the process that holds the node's link."""

    node: UUID
    order: Order


@dataclass(frozen=True, slots=True)
class Known:
    """What the handshake needs to know about the key it was shown."""

    node: UUID
    name: str
    revoked: bool


def site_public_key() -> bytes:
    return keys.public_bytes(keys.private_from_text(settings.INFERENCE_SERVER_KEY))


def new_pairing_code(created_by: User, name: str = "", rotate: Node | None = None) -> str:
    """A one-time code as text to copy. Only its hash is kept. With ``rotate`` it gives that node a new key instead of
    making one.
    """
    code = pairing.new(site_public_key())
    PairingCode.objects.create(
        code_hash=code.secret_hash,
        name=name or (rotate.name if rotate else ""),
        created_by=created_by,
        expires=timezone.now() + datetime.timedelta(minutes=CODE_MINUTES),
        node=rotate,
    )
    return code.text


def find(public_key: bytes) -> Known | None:
    row = Node.objects.filter(public_key=public_key).values_list("pk", "name", "revoked").first()
    return Known(row[0], row[1], row[2] is not None) if row else None


def enrol(public_key: bytes, secret_text: str, name: str) -> Known:
    """Uses up a code for ``public_key``. Raises Invalid for a code that is unknown, used or too old: the caller says no
    more.
    """
    now = timezone.now()
    refusal = Invalid(
        gettext("This code is wrong, used, or older than 15 minutes. Ask for a new one."), code="enrolment_refused"
    )
    with transaction.atomic():
        codes = PairingCode.objects.filter(code_hash=pairing.hash_secret(secret_text), used=None, expires__gt=now)
        code = codes.select_related("node").first()
        # The conditional update is the claim: of two machines with one code exactly one is paired.
        if code is None or codes.update(used=now) != 1:
            raise refusal
        node = code.node
        if node is None:
            node = Node.objects.create(name=code.name or name, owner_id=code.created_by_id, public_key=public_key)
            PairingCode.objects.filter(pk=code.pk).update(node=node)
        elif node.revoked is not None:
            raise refusal
        else:
            node.public_key = public_key
            node.save(update_fields=["public_key"])
            control_on_commit("node", str(node.pk))
        return Known(node.pk, node.name, False)


def connected(node: UUID, session: str, hello: Hello) -> list[Taken] | None:
    """The node is here, on ``session``: stores its offer, takes up what it still holds, gives back what it no longer
    does.

    None when the node was revoked meanwhile.
    """
    now = timezone.now()
    with transaction.atomic():
        changed = Node.objects.filter(pk=node, revoked=None).update(
            session=session, connected_at=now, last_seen=now, client_version=hello.client_version,
            platform=hello.platform, backend=hello.backend, **_UNSAID,
        )  # fmt: skip
        if not changed:
            return None
        NodeModel.objects.filter(node=node).exclude(breaker="").update(breaker="", breaker_until=None)
        offer(node, hello.models)
    taken = [row for held in hello.holding if (row := _take(session, node, held)) is not None]
    generations.release(node, [row.generation for row in taken])
    control_on_commit("node", str(node))
    return taken


def _take(session: str, node: UUID, held: Held) -> Taken | None:
    taken = generations.resume(session, node, held.generation, held.epoch)
    if taken is None or taken.counted <= held.length:
        return taken
    # The site has more than the node remembers: the node cannot go on with this one. Let it be claimed anew.
    generations.give_back(
        taken.generation, taken.epoch, "interrupted", gettext("The machine lost a part of its answer.")
    )
    return None


def offer(node: UUID, models: Sequence[ModelInfo]) -> None:
    """Replaces what the node offers. Writes nothing when nothing has changed, as at most reconnections."""
    offered = {model.alias: model.model_dump(exclude={"alias"}) for model in models}
    with transaction.atomic():
        stored = {row.pop("alias"): row for row in NodeModel.objects.filter(node=node).values("alias", *_OFFER)}
        if stored == offered:
            return
        NodeModel.objects.filter(node=node).exclude(alias__in=offered).delete()
        NodeModel.objects.bulk_create(
            [NodeModel(node_id=node, alias=alias, **values) for alias, values in offered.items()],
            update_conflicts=True,
            unique_fields=["node", "alias"],
            update_fields=_OFFER,
        )
        control_on_commit("queue")


def disconnected(node: UUID, session: str) -> None:
    """The link is gone. Its generations keep their lease, so that the node may come back to them."""
    if Node.objects.filter(pk=node, session=session).update(session="", last_seen=timezone.now()):
        control_on_commit("node", str(node))


def left(node: UUID, session: str, ending: Sequence[UUID] = ()) -> None:
    """The node stops on purpose: what it ran may go elsewhere at once, but for what has ended and is being written down."""
    if Node.objects.filter(pk=node, session=session).exists():
        generations.release(node, ending)


def seen(node: UUID, session: str, running: Sequence[UUID]) -> None:
    """A heartbeat: the node is there, and its leases are extended."""
    Node.objects.filter(pk=node, session=session).update(last_seen=timezone.now())
    if running:
        generations.renew(session, running)


def said(node: UUID, session: str, availability: Availability) -> None:
    """Keeps what the machine's owner allows, for those who look from elsewhere."""
    changed = Node.objects.filter(pk=node, session=session).update(
        said_state=availability.state, said_why=availability.why,
        said_slots=availability.max_slots, said_own_only=availability.own_only,
    )  # fmt: skip
    if changed:
        control_on_commit("queue")


_UNSAID: dict[str, Any] = {"said_state": "open", "said_why": "", "said_slots": None, "said_own_only": False}
"""Of a node that has just said hello: its owner allows everything until it says otherwise."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the site's administration says about a connected node now. ``quiet``: from and until, in the site's time."""

    session: str
    revoked: bool
    paused: bool
    public_key: bytes
    owner: int | None = None
    weight: int = 10
    max_slots: int | None = None
    own_only: bool = False
    owner_first: bool = False
    quiet: Hours | None = None


def standings(nodes: Sequence[UUID]) -> dict[UUID, Standing]:
    rows = Node.objects.filter(pk__in=nodes).order_by().values(*_STANDING)
    return {row["pk"]: _standing(row) for row in rows}


_STANDING = (
    "pk", "session", "revoked", "paused", "public_key", "owner", "weight", "max_slots", "own_only", "owner_first",
    "quiet_from", "quiet_until",
)  # fmt: skip


def _standing(row: Any) -> Standing:
    return Standing(
        session=row["session"],
        revoked=row["revoked"] is not None,
        paused=row["paused"],
        public_key=bytes(row["public_key"]),
        owner=row["owner"],
        weight=row["weight"],
        max_slots=row["max_slots"],
        own_only=row["own_only"],
        owner_first=row["owner_first"],
        quiet=hours(row["quiet_from"], row["quiet_until"]),
    )


def elsewhere() -> dict[UUID, frozenset[str]]:
    """Nodes that are connected to other processes and may work for everybody now, with the chat models they offer."""
    rows = (
        NodeModel.objects.filter(
            node__revoked=None, node__paused=False, node__said_state="open", node__own_only=False,
            node__said_own_only=False, node__last_seen__gte=timezone.now() - datetime.timedelta(seconds=ONLINE_SECONDS),
            kind="chat",
        )
        .exclude(node__session="")
        .exclude(node__session__startswith=SESSION_PREFIX)
        .exclude(breaker="open")
        .values_list("node", "alias", "node__quiet_from", "node__quiet_until")
    )  # fmt: skip
    found: dict[UUID, frozenset[str]] = {}
    for node, alias, start, end in rows:
        if not quiet_now(hours(start, end)):
            found[node] = found.get(node, frozenset()) | {alias}
    return found


def show_breaker(node: UUID, alias: str, state: str, seconds: float | None) -> None:
    """Keeps the state of a circuit breaker for those who look from elsewhere; ``seconds`` until the next try."""
    until = None if seconds is None else timezone.now() + datetime.timedelta(seconds=seconds)
    NodeModel.objects.filter(node=node, alias=alias).update(breaker=state, breaker_until=until)


def order(node: Node, do: OrderVerb, model: str = "") -> None:
    """Tells the process with the node's link what the operator wants. Whoever is away does not hear of it. Raises Invalid
    for a model that the node does not offer.
    """
    if do in ("load", "unload"):
        if not NodeModel.objects.filter(node=node, alias=model).exists():
            raise Invalid(
                gettext("{name} does not offer {model}.").format(name=node.name, model=model or gettext("that model")),
                code="unknown_model",
            )
    elif model:
        raise Invalid(gettext("A model does not belong to {do}.").format(do=do), code="unknown_model")
    control_on_commit("order", NodeOrder(node=node.pk, order=Order(do=do, model=model)).model_dump_json())


def revoke(nodes: QuerySet[Node]) -> int:
    """Withdraws the nodes' access at once; what they ran goes back to the queue."""
    count = 0
    for node in nodes.filter(revoked=None):
        with transaction.atomic():
            won = Node.objects.filter(pk=node.pk, revoked=None).update(revoked=timezone.now(), session="")
            if won:
                count += 1
                generations.release(node.pk)
                control_on_commit("node", str(node.pk))
    return count


def configure(node: Node, fields: Sequence[str]) -> None:
    """Stores what an operator has changed of a node, and nothing else of the row. In force at once."""
    with transaction.atomic():
        changed = [name for name in fields if name != "paused"]
        if changed:
            node.save(update_fields=changed)
            control_on_commit("node", str(node.pk))
        if "paused" in fields:
            set_paused(Node.objects.filter(pk=node.pk), node.paused)


def set_paused(nodes: QuerySet[Node], paused: bool) -> int:
    with transaction.atomic():
        keys_changed = list(nodes.exclude(paused=paused).values_list("pk", flat=True))
        Node.objects.filter(pk__in=keys_changed).update(paused=paused)
        for pk in keys_changed:
            control_on_commit("node", str(pk))
            told = NodeOrder(node=pk, order=Order(do="pause" if paused else "resume"))
            control_on_commit("order", told.model_dump_json())
    return len(keys_changed)


def forget_sessions() -> None:
    """At the start of a site that is one process: no link of an earlier one has survived. Those of this process have, if its
    dispatcher was merely started again."""
    Node.objects.exclude(session="").exclude(session__startswith=SESSION_PREFIX).update(session="")
