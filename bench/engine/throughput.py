"""Tokens a second of all conversations together: ours, llama-server with as many slots, and one after another."""

import asyncio
from collections.abc import Sequence
from statistics import median

from bench.engine.figures import cpu_seconds, say
from bench.engine.llama_server import LlamaServer
from bench.engine.model import KINDS, bench_model
from bench.engine.naive import Naive
from bench.engine.ours import Ours
from bench.engine.sides import Setting, Side, ask_together, goodput, rate, user
from inference_client.protocol.vocabulary import ChatMessage
from tests.models import LONG_PAIRS, MODEL_PATH

CONTEXT = 512
WARM_UP_TOKENS = 8
NAIVE_SLOTS = 8


def small_talk(count: int, turn: int) -> list[tuple[ChatMessage, ...]]:
    """Short questions, others each round: no cache helps anybody."""
    return [user(f"{turn} {number}: what do lizards do?") for number in range(count)]


def stories(count: int, turn: int) -> list[tuple[ChatMessage, ...]]:
    """What the tiny model answers at length and in ASCII."""
    long = [pair for pair in LONG_PAIRS if pair.answer.isascii()]
    return [user(long[(number + turn) % len(long)].question) for number in range(count)]


Conversations = list[tuple[ChatMessage, ...]]


class Log:
    """What one side did in its turns. ``rates`` in tokens a second; ``cpu`` seconds of its process for ``written`` tokens."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self.rates: list[float] = []
        self.cpu = 0.0
        self.written = 0

    async def turn(self, conversations: Conversations, tokens: int) -> None:
        before = cpu_seconds(self.side.pid)
        answers = await ask_together(self.side, conversations, tokens)
        self.cpu += cpu_seconds(self.side.pid) - before
        self.written += sum(answer.written for answer in answers)
        self.rates.append(rate(answers))


async def take_turns(sides: Sequence[Side], plan: Sequence[Conversations], tokens: int) -> list[Log]:
    """The sides in turn, round by round, each round beginning with another; the first round only warms up."""
    for side in sides:
        await ask_together(side, plan[0], WARM_UP_TOKENS)
    logs = [Log(side) for side in sides]
    for number, conversations in enumerate(plan[1:]):
        for log in logs if number % 2 else reversed(logs):
            await log.turn(conversations, tokens)
    return logs


async def beside_llama_server(name: str, setting: Setting, tokens: int, rounds: int) -> None:
    talk = stories if setting.model == MODEL_PATH else small_talk
    plan = [talk(setting.slots, turn) for turn in range(rounds + 1)]
    async with Ours(setting) as ours, LlamaServer(setting) as server:
        mine, theirs = await take_turns([ours, server], plan, tokens)
    ratio = median(a / b for a, b in zip(mine.rates, theirs.rates, strict=True))
    cpu = (theirs.cpu / theirs.written) / (mine.cpu / mine.written)
    say(f"{name}.{setting.slots}.ours", median(mine.rates), "tokens/s")
    say(f"{name}.{setting.slots}.llama_server", median(theirs.rates), "tokens/s")
    say(f"{name}.{setting.slots}.ratio", ratio, "of-llama-server", ">= 0.95")
    # Where other programs run beside it this says more than the clock: they cannot take it away.
    say(f"{name}.{setting.slots}.ratio_by_cpu_time", cpu, "of-llama-server")


async def beside_naive(kind: str, setting: Setting, tokens: int, rounds: int) -> None:
    ratios = []
    with Naive(setting) as naive:
        async with Ours(setting) as ours:
            await ask_together(ours, small_talk(setting.slots, 0), WARM_UP_TOKENS)
            for turn in range(1, rounds + 1):
                conversations = small_talk(setting.slots, turn)
                mine = goodput(await ask_together(ours, conversations, tokens))
                questions = [talk[0].content for talk in conversations]
                ratios.append(mine / await asyncio.to_thread(naive.goodput, questions, tokens))
    say(f"{kind}.{setting.slots}.ratio_to_one_at_a_time", median(ratios), "ratio", ">= 2")


async def run(quick: bool, threads: int) -> None:
    rounds = 3 if quick else 7
    for kind in ("q4_0",) if quick else KINDS:
        for slots in (1, 4, 8, 16):
            await beside_llama_server(kind, Setting(bench_model(kind), slots, CONTEXT, threads), 96, rounds)
    for slots in (1, 8, 16):
        # Its longest answers have some hundred tokens, and with so small a model all but the program costs next to nothing.
        await beside_llama_server("tiny", Setting(MODEL_PATH, slots, CONTEXT * 2, 1), 250, rounds + 4)
    for kind in KINDS:
        await beside_naive(kind, Setting(bench_model(kind), NAIVE_SLOTS, CONTEXT, threads), 48, 3)
    await by_users(Setting(bench_model("q4_0"), 32, CONTEXT, threads), 64)


async def by_users(setting: Setting, tokens: int) -> None:
    """One client with so many slots, and ever more people."""
    async with Ours(setting) as ours:
        for people in (1, 2, 4, 8, 16, 32):
            rates = [
                rate(await ask_together(ours, small_talk(people, 100 * people + turn), tokens)) for turn in range(3)
            ]
            say(f"users.{people}", median(rates), "tokens/s")
