"""Attached files come fast: a stand-in for the child process where what it reads is not the question."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.core.cache import cache

if TYPE_CHECKING:
    from chat.models import Upload
    from meatlizard.accounts.models import User

Keep = Callable[..., "Upload"]


@pytest.fixture(autouse=True)
def _no_limits_of_other_tests() -> None:
    cache.clear()


@pytest.fixture(autouse=True)
def media(settings, tmp_path: Path) -> Path:  # type: ignore[no-untyped-def]
    """Where files lie; each test has a place of its own."""
    settings.MEDIA_ROOT = tmp_path / "media"
    root: Path = settings.MEDIA_ROOT
    return root


@pytest.fixture
def document(db: None) -> Keep:
    """``document(owner, text, name)``: a document that was taken as any other."""
    from chat.attachments import actions

    def keep(owner: "User", text: str = "Lizards bask.", name: str = "notes.txt") -> "Upload":
        return actions.take(owner, name, [text.encode()], len(text.encode()))

    return keep


@pytest.fixture
def image(db: None) -> Keep:
    """``image(owner, colour)``: an image likewise."""
    from chat.attachments import actions
    from tests.chat.attachments.files import picture

    def keep(owner: "User", colour: str = "red", name: str = "photo.png") -> "Upload":
        data = picture(colour=colour)
        return actions.take(owner, name, [data], len(data))

    return keep
