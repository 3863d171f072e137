"""This machine makes vectors itself: with the real model in a child process, which may be killed, and is not there when nobody needs it."""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django import Settings

from inference_client.config import EMBEDDING
from inference_client.download import place
from meatlizard.vectors import embedding, own
from tests.inference_client.test_download import Hub, hub
from tests.models.minilm import PACKAGE, REFERENCE, converted, texts, weights
from tests.services.programs import missing

__all__ = ["hub"]


@pytest.fixture
def models(settings: Settings, tmp_path: Path) -> Path:
    settings.VAR_DIR = tmp_path
    settings.EMBEDDING_PYTHON = sys.executable
    return tmp_path / "models"


@pytest.fixture
async def child(models: Path) -> AsyncIterator[own.Own]:
    pytest.importorskip("llama_cpp")
    folder = weights()
    target = place(*EMBEDDING, models)
    target.parent.mkdir(parents=True)
    target.symlink_to(converted(folder) if folder is not None else missing(f"The package {PACKAGE} is not installed"))
    made = own.Own()
    yield made
    made._stop()


async def test_vectors_are_the_model_s_own_and_the_child_survives_nobody(child: own.Own) -> None:
    known = np.load(REFERENCE)[:20].astype(np.float32)
    made = np.array(await child.embed(texts()[:20]))
    assert (made * known).sum(axis=1).min() > 0.999
    assert child._child is not None
    processes = [psutil.Process(child._child.pid), *psutil.Process(child._child.pid).children(recursive=True)]
    assert not any("SECRET_KEY" in one.environ() or "DATABASE_URL" in one.environ() for one in processes)
    child._child.kill()
    await child._child.wait()
    made = np.array(await child.embed(texts()[:3]))
    assert (made * known[:3]).sum(axis=1).min() > 0.999
    second = psutil.Process(child._child.pid)
    processes += [second, *second.children(recursive=True)]
    child._stop()
    await asyncio.to_thread(psutil.wait_procs, processes, 20)
    assert not [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


async def test_without_a_model_it_is_unavailable(models: Path) -> None:
    with pytest.raises(embedding.Unavailable) as refused:
        await own.Own().embed(["The gecko sleeps."])
    assert not isinstance(refused.value, embedding.Failed)


async def test_what_does_not_start_is_not_tried_again_for_every_text(models: Path, settings: Settings) -> None:
    target = place(*EMBEDDING, models)
    target.parent.mkdir(parents=True)
    target.write_bytes(b"GGUF of nothing")
    started = models.parent / "started"
    script = models.parent / "python"
    script.write_text(f"#!/bin/sh\necho once >> {started}\nexit 3\n")
    script.chmod(0o700)
    settings.EMBEDDING_PYTHON = str(script)
    made = own.Own()
    for _ in range(3):
        with pytest.raises(embedding.Unavailable):
            await made.embed(["The gecko sleeps."])
    assert started.read_text() == "once\n"


def test_the_model_is_fetched_once_checked_and_goes_on_where_it_stopped(models: Path, hub: Hub) -> None:
    hub.break_after = [1_100_000]
    call_command("fetch_embedder", verbosity=0)
    target = place(*EMBEDDING, models)
    assert target.read_bytes() == hub.content
    assert own.wanted()
    assert hub.ranges[1] not in (None, "bytes=0-")
    asked = len(hub.ranges)
    call_command("fetch_embedder", verbosity=0)
    assert len(hub.ranges) == asked


def test_a_file_that_arrives_changed_is_refused(models: Path, hub: Hub) -> None:
    hub.etag = "0" * 64
    with pytest.raises(CommandError, match="make client"):
        call_command("fetch_embedder", verbosity=0)
    assert not own.wanted()
    shutil.rmtree(models, ignore_errors=True)
    assert os.environ["HF_ENDPOINT"].startswith("http://127.0.0.1")
