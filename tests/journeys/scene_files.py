"""What lies in Alice's library in the scene."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.journeys.scene import Words


def library(alice: Any, words: "Words") -> dict[str, Any]:
    """Folders, a file of each kind, one with an earlier version, a star, a tag, something in the trash. Addresses name their parts as others
    do, so theirs are told apart by the name space."""
    from files import actions
    from files.blobs import incoming
    from files.doors import fetching
    from files.library import arranging, marking, trashing
    from files.library.selection import Selection

    def put(name: str, data: bytes, folder: Any = None, replacing: Any = None) -> Any:
        coming = incoming.begin()
        coming.append(data)
        blob = incoming.adopt(coming)
        coming.abandon()
        return actions.store(alice, folder, name, blob, replacing=replacing)

    garden = arranging.make_folder(alice, None, words("Garden plans", 200))
    arranging.make_folder(alice, garden, words("Walls facing south", 200))
    notes = put(words("notes about lizards.md", 200), words("# Lizards\n\nThey bask.", 4_000).encode(), garden)
    notes = put(notes.name, words("# Lizards\n\nThey bask on walls.", 4_000).encode(), garden, notes)
    put(words("plan of the garden.svg", 200), b"<svg xmlns='http://www.w3.org/2000/svg'/>", garden)
    put(words("seen.csv", 200), b"day,wall\nMonday,south\n")
    old = put(words("old notes.txt", 200), b"Nothing seen.")
    marking.star(Selection(alice, [garden], [notes]), True)
    marking.tag(Selection(alice, [], [notes]), [words("reptiles", 50).replace(",", "")])
    trashing.trash(Selection(alice, [], [old]))
    tag = marking.tags(alice).get()
    fetch = fetching.begin(alice, garden, "https://example.org/" + words("lizards", 200))
    fetching.cancel(fetch)
    parts = {"fetch": fetch.pk, "file": notes.pk, "folder": garden.pk, "tag": tag.pk, "name": notes.name}
    return {f"{space}:{part}": value for space in ("files", "api:v1") for part, value in parts.items()}
