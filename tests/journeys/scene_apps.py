"""What lies outside of the chat in the scene: a short link, a paste, what is shared of files, and what came from Discord."""

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.apps import apps
from django.utils import timezone

if TYPE_CHECKING:
    from tests.journeys.scene import Words


def short_link(alice: Any, words: "Words") -> dict[str, Any]:
    from meatlizard.api import actions as api
    from shortener import actions as shortener

    api.create_key(alice, words("my script", 100), ["links:read"])
    box = shortener.make_folder(alice, words("Newsletter", 80))
    rules = [
        {"conditions": [{"type": "language", "any_of": ["de"]}], "targets": [{"target": "https://example.org/de"}]}
    ]
    link = shortener.create(
        alice, target="https://example.org/lizards", title=words("About lizards", 200), notes=words("For July.", 2_000), folder=box,
        tags=[words("garden", 40).replace(",", "")], rules=rules, public_stats=True, max_clicks=500,
    )  # fmt: skip
    return {
        "link": link.pk,
        "link_folder": box.pk,
        "address": f"{link.slug}+",
        "code": link.slug,
        "tag": "red",
        "domain": "DEFAULT",
    }


def pastes(alice: Any, bob: Any, words: "Words") -> dict[str, Any]:
    from paste import actions, collections, comments
    from paste.contents import Draft

    texts = {"notes.md": "# Lizards\n\nThey **bask**.", "count.py": "def count(walls):\n    return len(walls)\n",
             "seen.csv": "day,wall\nMonday,south\n", "wall.json": '{"wall": {"faces": "south"}}'}  # fmt: skip
    drafts = [
        Draft(
            words(name, 200),
            words(text, 9_000).encode(),
            name.rpartition(".")[2].replace("md", "markdown").replace("py", "python"),
        )
        for name, text in texts.items()
    ]
    paste, _ = actions.create(alice, drafts, title=words("What I saw", 200), terms=actions.Terms(privacy="public"))
    actions.revise(paste, alice, [*drafts[1:], Draft("more.txt", b"more")], note=words("more", 200))
    said = comments.comment(paste, bob, words("Which wall?", 4_000))
    comments.comment(paste, alice, words("The one that faces *south*.", 4_000), said)
    shelf = collections.make(alice, words("Garden", 200), public=True)
    collections.put(shelf, paste)
    return {"slug": paste.slug, "file": 1, "comment": said.public_id, "shelf": shelf.slug, "asked": str(uuid4())}


def shares(alice: Any, words: "Words") -> dict[str, Any]:
    """A folder with a file that are shared, and an address at which others send files in."""
    from files import actions as files
    from files.blobs import incoming
    from files.sharing import actions, inboxes
    from files.sharing.inboxes import InboxTerms
    from files.sharing.terms import Terms

    coming = incoming.begin()
    coming.append(words("They bask on the south wall.", 9_000).encode())
    folder = apps.get_model("files.Folder").objects.create(owner=alice, name=words("Holiday", 200))
    file = files.store(alice, folder, words("wall.txt", 200), incoming.adopt(coming))
    share = actions.create(alice, [file], [folder], terms=Terms(title=words("From the wall", 200), notify=True))
    inbox = inboxes.create(
        alice, folder, InboxTerms(title=words("Your photos", 200), note=words("All of July, please.", 1_000))
    )
    return {
        "files_share": share.pk, "shared": share.slug, "shared_file": str(file.pk), "shared_folder": str(folder.pk),
        "shared_name": "wall.txt", "picture": "large.webp", "files_inbox": inbox.pk, "inbox_slug": inbox.slug,
    }  # fmt: skip


def transcripts(alice: Any, conversation: str) -> dict[str, Any]:
    """Of a session on the web, with a link to it."""
    from chat.transcripts import access, actions, writing

    talk = apps.get_model("chat.Conversation").objects.get(pk=conversation)
    key = actions.closed(talk, talk.pk, "web", "archived", timezone.now())
    apps.get_model("chat.Generation").objects.filter(conversation=talk).exclude(state="failed").update(state="done")
    assert writing.write(key)
    link = actions.give_link(apps.get_model("chat.Transcript").objects.get(pk=key), "page")
    return {"chat:transcript": key, "chat:link": link.pk, "chat:signed": access.signed(link)}


def transcript(alice: Any, conversation: str, words: "Words") -> Any:
    """Of a session on Discord, written by a former version, with a file."""
    from django.core.files.base import ContentFile
    from django.core.files.storage import default_storage

    now = timezone.now()
    apps.get_model("discordbridge.DiscordAccount").objects.create(
        pk=4242, user=alice, name=words("Basking", 80), shadow=False, linked=now
    )
    session = apps.get_model("discordbridge.GuildSession").objects.create(
        conversation_id=conversation, owner=alice, kind="channel", state="closed", used=now, closed=now
    )
    files = [{"name": words("notes.txt", 200), "type": "text/plain", "size": 4, "image": False}]
    row = apps.get_model("discordbridge.Transcript").objects.create(
        session=session, owner=alice, messages=2, files=files, created=now, posted=now
    )
    page = '<!doctype html><html lang="en"><title>Basking</title><body><main><h1>Basking</h1></main></body></html>'
    default_storage.save(row.page_name, ContentFile(page.encode()))
    default_storage.save(row.file_name(0), ContentFile(b"Bask"))
    return row.pk
