"""What the page where a video is edited reads and writes."""

from typing import Any

from django.db import transaction

from video import actions
from video.library.forms import VideoForm
from video.models import Channel, Video


def initial(video: Video) -> dict[str, Any]:
    return {
        "title": video.title, "description": video.description, "tags": ", ".join(video.tags.values_list("name", flat=True)),
        "channel": video.channel.handle, "category": video.category.slug if video.category else None, "language": video.language,
        "privacy": video.privacy, "people": "\n".join(video.people.order_by("username").values_list("username", flat=True)),
        "embed": video.embed, "embed_hosts": video.embed_hosts, "downloads": video.downloads, "comments": video.comments,
    }  # fmt: skip


def save(video: Video, form: VideoForm) -> None:
    """All of a form that is valid. Raises Invalid, LimitReached; then nothing is changed."""
    said = form.cleaned_data
    with transaction.atomic():
        if said["password"] and said["privacy"] == Video.Privacy.PASSWORD:
            actions.set_password(video, said["password"])
        actions.set_tags(video, said["tags"].split(","))
        actions.set_people(video, form.named)
        plain = (
            "title", "description", "channel", "category", "language", "privacy", "embed", "embed_hosts", "downloads", "comments",
        )  # fmt: skip
        actions.describe(video, **{name: said[name] for name in plain})


def change_channel(channel: Channel, name: str, about: str) -> None:
    channel.name = actions.line(name, 80) or channel.name
    channel.about = about.replace("\x00", "").replace("\r\n", "\n")[:5_000].strip()
    channel.save(update_fields=["name", "about"])
