"""What viewers have left at a video of Alice's in the scene: views, a history, comments, lists."""

import datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone

if TYPE_CHECKING:
    from tests.journeys.scene import Words


def viewers(alice: Any, bob: Any, words: "Words") -> dict[str, Any]:
    from tests.video.audiences import view
    from tests.video.rows import ready
    from video import likes
    from video.comments import actions as comments
    from video.models import Video
    from video.playlists import actions as playlists
    from video.watching import history, sums

    film = Video.objects.filter(owner=alice).order_by("created", "pk").first()
    assert film is not None and film.duration is not None
    for number, length in enumerate((40.0, 130.0, film.duration)):
        referrer = words("example.org", 120) if number else ""
        view(
            film,
            f"guest {number}",
            until=length,
            device="mobile",
            browser=words("Firefox", 60),
            system=words("Linux", 60),
            referrer=referrer,
        )
    for number in range(3):
        sums.add_traffic({film.pk: 40_000_000 * (number + 1)}, timezone.now().date() - datetime.timedelta(days=number))
    likes.like(alice, film, True)
    history.stand_at(alice, film, 20.0, ended=False, duration=film.duration)
    said = comments.say(film, bob, words("Look at 0:12, **there** it is!", 2_000))
    comments.say(film, alice, words("Well seen.", 2_000), said)
    reply = comments.say(film, bob, words("Thank you.", 2_000), said)
    comments.say(film, alice, words("You are welcome.", 2_000), reply)
    comments.block(alice, said)
    shelf = playlists.create(alice, words("Reptiles", 150), privacy="public", about=words("All that bask.", 900))
    playlists.add(shelf, film)
    playlists.add(shelf, ready(bob, words("Not for you", 200), privacy="private"))
    return {"video:slug": film.slug, "video:comment": said.public_id, "video:list_slug": shelf.slug}
