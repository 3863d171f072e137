"""Videos of the scene: rows that say they play, without anything made of them, and with pictures."""

import datetime
import io
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from PIL import Image

if TYPE_CHECKING:
    from tests.journeys.scene import Words

TITLES = ("Lizards on the south wall", "How a gecko holds on", "Feeding time", "Ten quiet minutes of basking")
DESCRIPTION = (
    "What one sees at **noon**.\n\n0:00 The wall\n1:30 They come out\n3:00 The cat\n\nMore: https://example.org/"
)


def videos(alice: Any, bob: Any, words: "Words") -> dict[str, Any]:
    from tests.video.rows import category
    from video import actions, channels
    from video.library import thumbnails
    from video.models import Video

    now = timezone.now()
    channel = channels.create(alice, "south-wall", words("The south wall", 80), words("Lizards, **daily**.", 5_000))
    rows = []
    for number, title in enumerate(TITLES):
        row = Video.objects.create(
            owner=alice, channel=channel, title=words(title, 200), description=words(DESCRIPTION, 20_000), privacy="private" if number == 3 else "public",
            category=category("animals"), state="ready", progress=1.0, duration=260.0 + number, width=1280, height=720,
            playable=now, published=now - datetime.timedelta(hours=number), views=1_234 * number,
        )  # fmt: skip
        actions.set_tags(row, ["lizards", words("garden", 40)])
        thumbnails.give(row, _picture(number))
        rows.append(row)
    captions = said(rows[0], words)
    return {
        "video:captions": captions.pk,
        "video:slug": rows[0].slug, "video:handle": "south-wall", "video:category_slug": "animals", "video:tag_text": "lizards",
        "video:name": thumbnails.names_of(rows[0])[0], "video:number": 1,
    }  # fmt: skip


def said(video: Any, words: "Words") -> Any:
    from video.captions import actions
    from video.captions.cues import Cue, clean

    cues = [Cue(at * 1_000, at * 1_000 + 900, clean(words(f"Warm stones, part {at}", 400))) for at in range(1, 6)]
    return actions.add(video, "en", words("English", 60), cues)


def _picture(number: int) -> io.BytesIO:
    out = io.BytesIO()
    picture = Image.radial_gradient("L").resize((320, 180))
    Image.merge(
        "RGB", (picture.point(lambda value: value // (number + 2)), picture, picture.point(lambda value: value // 3))
    ).save(out, "PNG")
    out.seek(0)
    return out
