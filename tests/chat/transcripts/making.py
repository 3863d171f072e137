"""Sessions to write down, and the jobs that do it."""

import datetime
from typing import Any
from uuid import uuid4

from django.core.files.storage import default_storage
from django.utils import timezone

from chat import actions, keeping
from chat.attachments import actions as attachments
from chat.models import Conversation, Generation, Message, Transcript, TranscriptChoice
from chat.transcripts import store
from meatlizard.accounts.models import User
from meatlizard.jobs import worker
from meatlizard.jobs.actions import claim
from meatlizard.markup import render_markdown
from tests.chat.attachments.files import picture


def wants(user: User, **more: bool) -> User:
    """Has chosen transcripts of the web."""
    TranscriptChoice.objects.update_or_create(user=user, defaults={"web": True, **more})
    return user


def talk_of(
    user: User, question: str = "Why do lizards bask?", answer: str = "To get **warm**.", **more: Any
) -> Conversation:
    """A conversation with an answer. ``files``: uploads."""
    talk = actions.create_conversation(user)
    asked = actions.send(user, talk.pk, uuid4(), question, **more)
    Generation.objects.filter(pk=asked.generation).update(state="done")
    Message.objects.filter(pk=asked.answer).update(content=answer, html=render_markdown(answer), model="tiny")
    Conversation.objects.filter(pk=talk.pk).update(title="Basking")
    return Conversation.objects.get(pk=talk.pk)


def with_files(user: User) -> Conversation:
    """A text and a picture are attached."""
    text, image = b"Lizards bask.", picture(colour="red")
    rows = [
        attachments.take(user, "notes.txt", [text], len(text)),
        attachments.take(user, "wall.png", [image], len(image)),
    ]
    return talk_of(user, files=[one.pk for one in rows])


def archive(talk: Conversation) -> Transcript:
    """Closes it, and has it written down."""
    keeping.mark(talk.owner, [talk.pk], "archive")
    work_off()
    return Transcript.objects.get(owner=talk.owner_id, session=talk.pk)


def work_off(task: str = "chat.transcripts") -> int:
    """Does the jobs that are due now."""
    done = 0
    while (job := claim("test")) is not None:
        worker.run_job(job)
        done += job.task.startswith(task)
    return done


def text_of(row: Transcript, part: str) -> str:
    with store.opened(row, part) as file:
        return file.read().decode()


def stored() -> list[str]:
    """Names of all files of transcripts."""
    return sorted(_below("transcripts"))


def _below(folder: str) -> list[str]:
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return []
    return [f"{folder}/{name}" for name in files] + [name for one in folders for name in _below(f"{folder}/{one}")]


def days_ago(days: float) -> datetime.datetime:
    return timezone.now() - datetime.timedelta(days=days)
