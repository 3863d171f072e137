"""``manage.py vectors``: how searching by meaning stands, and bringing it back in line."""

import asyncio
import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from meatlizard.vectors import embedding, pending, pgvector, rebuilding, registry
from meatlizard.vectors.models import Pending, StoredVector
from meatlizard.vectors.vector import MODEL

WIDTH = 30


class Command(BaseCommand):
    help = "Says how searching by meaning stands (status), or makes what is missing of it (rebuild)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("do", choices=("status", "rebuild"))

    def handle(self, *args: Any, **options: Any) -> None:
        self.bar = options["verbosity"] > 0
        if options["do"] == "rebuild":
            self._follow("looking", rebuilding.count(), rebuilding.sweep())
            self._follow("embedding", pending.waiting(), self._embedded())
            self._follow("index", StoredVector.objects.count(), rebuilding.heal_index())
        if self.bar:
            self._status()

    def _embedded(self) -> Iterable[int]:
        before = pending.waiting()
        while (taken := pending.take()) is not None:
            keys = list(taken.texts)
            try:
                vectors = asyncio.run(embedding.embed([taken.texts[key].text for key in keys]))
            except embedding.Failed:
                pending.failed(taken)
            except embedding.Unavailable as problem:
                pending.release(taken)
                raise CommandError(
                    f"{problem.message} Connect a machine with {MODEL}, or run manage.py fetch_embedder, then run this again: it goes on."
                ) from None
            else:
                pending.store(taken, dict(zip(keys, vectors, strict=True)))
            left = pending.waiting()
            yield max(0, before - left)
            before = left

    def _follow(self, what: str, total: int, steps: Iterable[int]) -> None:
        done = 0
        for step in steps:
            done += step
            share = min(1.0, done / max(1, total))
            if self.bar and sys.stdout.isatty():
                filled = "#" * int(share * WIDTH)
                self.stdout.write(f"\r{what:<10} [{filled:<{WIDTH}}] {share:4.0%} {done:,}", ending="")
                self.stdout.flush()
        if self.bar:
            self.stdout.write(
                f"\r{what:<10} {done:,} done{' ' * WIDTH}" if sys.stdout.isatty() else f"{what}: {done:,}"
            )

    def _status(self) -> None:
        for name, source in registry.sources().items():
            there = StoredVector.objects.filter(collection=name)
            self.stdout.write(
                f"{name}: {source.count():,} things, {there.filter(model=MODEL).count():,} vectors of {MODEL}, "
                f"{there.exclude(model=MODEL).count():,} of other models, {Pending.objects.filter(collection=name).count():,} waiting"
            )
        if connection.vendor == "sqlite":
            connection.ensure_connection()
            loaded = getattr(connection, "has_sqlite_vec", False)
            self.stdout.write(
                f"index: compared by {'sqlite-vec' if loaded else 'Python (sqlite-vec cannot be loaded)'}"
            )
        else:
            whole = "pgvector, whole" if pgvector.whole() else "none that is whole; all of an owner's are compared"
            self.stdout.write(f"index: {whole}")
