"""How often each stage of choosing a route is right, on questions written for this, and how long it takes.

    python -m bench.routing [--errors]

Every second message of ``messages.jsonl`` was looked at while rules and settings were made; the figures are of the others, the *held* ones,
unless they say *seen*. The examples that come with the site stand apart (``chat/routes/examples``). ``--errors`` prints what the
shipped configuration got wrong, and which routes it took for which.
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from operator import mul
from pathlib import Path

import django

from bench.embeddings import Ours
from bench.routing.messages import Message, messages
from inference_client.engines.llama_cpp.engine import LlamaCppEngine
from inference_client.engines.llama_cpp.spec import ModelSpec
from tests.models.minilm import converted, weights
from tests.services.site import site_settings

Choice = Callable[[int], str]
Rows = Sequence[Sequence[float]]


class Bench:
    """All messages with their vectors, and what each stage says of each. An attached image decides in every configuration but the first."""

    def __init__(
        self, said: Sequence[Message], vectors: Rows, examples: Sequence[tuple[str, str]], theirs: Rows
    ) -> None:
        from chat.routes import rules, shipped, similar
        from chat.routes.table import Route
        from meatlizard.vectors.vector import MODEL, Vector

        self.messages = said
        self.routes = [Route(one.key, one.name) for one in shipped.ROUTES]
        self._rules, self._similar = rules, similar
        self.vectors = [Vector.of(MODEL, one) for one in vectors]
        self._theirs = [(key, tuple(one)) for (key, _text), one in zip(examples, theirs, strict=True)]
        by_route: dict[str, list[Vector]] = {}
        for (key, _text), one in zip(examples, theirs, strict=True):
            by_route.setdefault(key, []).append(Vector.of(MODEL, one))
        self.middles = similar.middles(by_route)
        rules.warm()
        self.seconds: dict[str, list[float]] = {"rules": [], "likeness": []}
        self.guesses = [self._guess(one) for one in said]
        self.likeness = [self._like(one) for one in self.vectors]

    def _guess(self, message: Message) -> object:
        began = time.perf_counter()
        found = self._rules.guess(self._rules.Question(message.text, message.images), self.routes)
        self.seconds["rules"].append(time.perf_counter() - began)
        return found

    def _like(self, vector: object) -> dict[str, float]:
        began = time.perf_counter()
        found = {key: vector.similarity(middle) for key, middle in self.middles.items()}  # type: ignore[attr-defined]
        self.seconds["likeness"].append(time.perf_counter() - began)
        return found

    # configurations -------------------------------------------------------------------------------------------------

    def usual(self, at: int) -> str:
        return "general"

    def by_rules(self, at: int) -> str:
        guess = self.guesses[at]
        return guess.route if guess is not None else "general"  # type: ignore[attr-defined, no-any-return]

    def by_middles(self, at: int) -> str:
        if self.messages[at].images:
            return "vision"
        return max(self.likeness[at], key=self.likeness[at].__getitem__)

    def by_nearest(self, count: int) -> Choice:
        def choose(at: int) -> str:
            if self.messages[at].images:
                return "vision"
            asked = self.vectors[at].floats()
            near = sorted(((sum(map(mul, asked, one)), key) for key, one in self._theirs), reverse=True)[:count]
            return Counter({key: sum(c for c, k in near if k == key) for _, key in near}).most_common(1)[0][0]

        return choose

    def cascade(self, weight: float) -> Choice:
        """Rules that are sure, then the middles with what else the rules said, at ``weight``."""

        def choose(at: int) -> str:
            guess = self.guesses[at]
            if guess is not None and guess.sure:  # type: ignore[attr-defined]
                return guess.route  # type: ignore[attr-defined, no-any-return]
            return self._weighed(at, weight)[0][1]

        return choose

    def _weighed(self, at: int, weight: float) -> list[tuple[float, str]]:
        before, self._similar.RULES = self._similar.RULES, weight
        try:
            return self._similar.weighed(self.likeness[at], self.guesses[at])  # type: ignore[arg-type]
        finally:
            self._similar.RULES = before

    def doubtful(self, at: int) -> bool:
        """Whether a model would be asked, if there were one."""
        guess = self.guesses[at]
        first, second = self._weighed(at, self._similar.RULES)[:2]
        return not (guess is not None and guess.sure) and first[0] - second[0] < self._similar.CLEAR  # type: ignore[attr-defined]

    # figures --------------------------------------------------------------------------------------------------------

    def right(self, choice: Choice, half: int, key: str = "") -> float:
        places = [at for at in range(half, len(self.messages), 2) if key in ("", self.messages[at].route)]
        return sum(choice(at) == self.messages[at].route for at in places) / len(places)


def report(bench: Bench) -> None:
    from chat.routes.similar import RULES

    shipped = bench.cascade(RULES)
    configurations: dict[str, Choice] = {
        "always_general": bench.usual, "rules": bench.by_rules, "middles": bench.by_middles,
        **{f"nearest_{count}": bench.by_nearest(count) for count in (1, 5, 9, 15)},
        **{f"rules_then_middles_{weight:g}": bench.cascade(weight) for weight in (0.0, 0.3, 0.5, 0.8, 1.2)},
    }  # fmt: skip
    print(f"routing.messages {len(bench.messages)} messages")
    for name, choice in configurations.items():
        print(f"routing.{name}.seen {bench.right(choice, 0):.3f} share")
        print(f"routing.{name}.held {bench.right(choice, 1):.3f} share")
    for key in dict.fromkeys(one.route for one in bench.messages):
        print(f"routing.shipped.{key} {bench.right(shipped, 1, key):.3f} share")
    held = range(1, len(bench.messages), 2)
    for language in ("en", "other"):
        places = [at for at in held if (bench.messages[at].language == "en") == (language == "en")]
        good = sum(shipped(at) == bench.messages[at].route for at in places)
        print(f"routing.shipped.{language} {good / len(places):.3f} share")
    sure = [at for at in held if (guess := bench.guesses[at]) is not None and guess.sure]  # type: ignore[attr-defined]
    good = sum(bench.by_rules(at) == bench.messages[at].route for at in sure)
    print(f"routing.rules_decide_alone {len(sure) / len(held):.3f} share")
    print(f"routing.rules_decide_alone_right {good / len(sure):.3f} share")
    print(f"routing.model_would_be_asked {sum(map(bench.doubtful, held)) / len(held):.3f} share")
    for stage, seconds in bench.seconds.items():
        print(f"routing.{stage}_median {statistics.median(seconds) * 1000:.2f} ms")
        print(f"routing.{stage}_slowest {max(seconds) * 1000:.2f} ms")


def errors(bench: Bench) -> None:
    from chat.routes.similar import RULES

    choice = bench.cascade(RULES)
    taken: Counter[tuple[str, str]] = Counter()
    for at in range(1, len(bench.messages), 2):
        one = bench.messages[at]
        if choice(at) != one.route:
            taken[one.route, choice(at)] += 1
            print(f"# {one.route} taken for {choice(at)}: {' '.join(one.text.split())[:100]}")
    for (route, other), count in taken.most_common():
        print(f"routing.confused.{route}.{other} {count} messages")


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--errors", action="store_true")
    arguments = parser.parse_args()
    folder = weights()
    if folder is None:
        print("# bench.routing: the weights are not installed (make test installs them)", file=sys.stderr)
        return 0
    from chat.routes import shipped

    said = messages()
    examples = [(one.key, text) for one in shipped.ROUTES for text in shipped.examples(one.key)]
    engine = LlamaCppEngine(ModelSpec(converted(folder), "minilm", kind="embedding", threads=1))
    await engine.start()
    ours, seconds = Ours(engine), []
    try:
        vectors: list[Sequence[float]] = []
        for one in said:
            began = time.perf_counter()
            (vector,) = await ours.vectors((one.text or " ",))
            seconds.append(time.perf_counter() - began)
            vectors.append(vector.tolist())
        theirs = [
            vector.tolist()
            for at in range(0, len(examples), 50)
            for vector in await ours.vectors(tuple(text for _, text in examples[at : at + 50]))
        ]
    finally:
        await engine.stop()
    bench = Bench(said, vectors, examples, theirs)
    report(bench)
    print(f"routing.vector_median {statistics.median(seconds) * 1000:.2f} ms")
    print(f"routing.vector_95th {statistics.quantiles(seconds, n=20)[-1] * 1000:.2f} ms")
    if arguments.errors:
        errors(bench)
    return 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        os.environ.update(site_settings(Path(home)))
        django.setup()
        raise SystemExit(asyncio.run(main()))
