"""How soon turn 20 of a long conversation begins to be answered, when the turns before it were read already."""

import itertools
from statistics import median

from bench.engine.figures import say
from bench.engine.llama_server import LlamaServer
from bench.engine.model import bench_model
from bench.engine.ours import Ours
from bench.engine.sides import Answer, Setting, Side, ask_together
from inference_client.protocol.vocabulary import ChatMessage

TURNS = 20
TOKENS = 3_000
SLOTS = 2
CONTEXT = 4096
ANSWER_TOKENS = 16
TEMPLATE_TOKENS = 10
"""Of the chat template for a message, on average: who speaks, and where it begins and ends."""


def conversation(mark: str) -> list[ChatMessage]:
    """19 turns with their answers, about ``TOKENS`` tokens (characters); begins with ``mark``."""
    share = TOKENS // ((TURNS - 1) * 2) - TEMPLATE_TOKENS
    text = (f"{mark} lizards lie on warm stones and think of flies " * 4)[:share]
    one = [ChatMessage(role="user", content=text), ChatMessage(role="assistant", content=text)]
    return one * (TURNS - 1)


async def run(quick: bool, threads: int) -> None:
    setting = Setting(bench_model("q8_0"), SLOTS, CONTEXT, threads)
    samples, cold_samples = (7, 2) if quick else (15, 5)
    async with Ours(setting) as ours, LlamaServer(setting) as server:
        sides: list[Side] = [ours, server]
        talk = conversation("Warm")
        firsts: list[list[float]] = [[], []]
        for side in sides:
            await _turn(side, talk, "What then?")
        for number, side in itertools.product(range(samples), sides):
            answer = await _turn(side, talk, f"And {number}, what then?")
            firsts[sides.index(side)].append(answer.first)
            missed = answer.prompt_tokens - answer.cached_tokens
            assert missed < TOKENS // 10, f"{side.name} read {missed} of {answer.prompt_tokens} tokens again"
        say("prefix.turn_20_tokens", answer.prompt_tokens, "tokens")
        cold = []
        for number in range(cold_samples):
            answer = await _turn(ours, conversation(f"{number} cold"), "What then?")
            assert answer.cached_tokens < TOKENS // 10
            cold.append(answer.first)
    mine, theirs = map(median, firsts)
    say("prefix.first_token.ours", mine * 1e3, "ms")
    say("prefix.first_token.llama_server", theirs * 1e3, "ms")
    say("prefix.first_token.no_cache", median(cold) * 1e3, "ms")
    ratio = median(a / b for a, b in zip(*firsts, strict=True))
    say("prefix.first_token.ratio", ratio, "of-llama-server", "<= 1.1")
    say("prefix.first_token.ratio_to_no_cache", mine / median(cold), "ratio", "< 0.1")


async def _turn(side: Side, talk: list[ChatMessage], question: str) -> Answer:
    (answer,) = await ask_together(side, [[*talk, ChatMessage(role="user", content=question)]], ANSWER_TOKENS)
    return answer
