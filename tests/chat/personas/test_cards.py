"""Cards in and out: whatever a card holds comes out again, whatever a file holds does no harm."""

import base64
import dataclasses
import io
import json
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chat.personas import character as characters
from chat.personas.cards import charx, files, form, png, reading
from meatlizard.errors import Invalid
from tests.chat.personas.makers import lizzy
from tests.chat.personas.pictures import card_png, chunk, packed, picture, with_chunks

CARDS = {path.stem: json.loads(path.read_text()) for path in (Path(__file__).parent / "cards").glob("*.json")}

FIELDS = [*form.TEXTS, *form.LINES, *form.LISTS, "character_book", "extensions", "group_only_greetings"]

JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
STRINGS = st.text(max_size=20) | st.sampled_from(["a\r\nb", "\x00", " x ", "{{char}}"])
DATA = st.fixed_dictionaries(
    {"name": st.text(min_size=1, max_size=30).filter(lambda name: bool(characters.line(name)))},
    optional={
        **dict.fromkeys(form.TEXTS, STRINGS | JSONS),
        **{name: STRINGS | JSONS for name in form.LINES if name != "name"},
        "tags": st.lists(STRINGS | JSONS, max_size=4) | JSONS,
        "alternate_greetings": st.lists(STRINGS | JSONS, max_size=4) | JSONS,
        "character_book": st.dictionaries(st.text(max_size=6), JSONS, max_size=3) | JSONS,
        "extensions": st.dictionaries(st.text(max_size=6), JSONS, max_size=3)
        | st.fixed_dictionaries({"meatlizard": JSONS | st.fixed_dictionaries({"model": JSONS, "sampling": JSONS})})
        | JSONS,
    },
)
WITHIN = st.builds(
    lambda known, unknown: {**unknown, **known}, DATA, st.dictionaries(st.text(max_size=8), JSONS, max_size=4)
)
TOPS = st.dictionaries(
    st.text(max_size=8).filter(lambda name: name not in ("data", "spec", "spec_version")) | st.sampled_from(sorted(form.MIRRORS)),
    JSONS, max_size=4,
)  # fmt: skip


def same(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def added_by_us(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    return {name for name in after if name not in before}


def through_a_row(card: Any, version: int = 3) -> dict[str, Any]:
    """Out of a file, into what a row holds, and out again."""
    character = files.read(json.dumps(card).encode()).character
    stored = {name: json.loads(json.dumps(value)) for name, value in characters.columns(character).items()}
    back = characters.Character(**{**stored, **{name: tuple(stored[name]) for name in characters.LISTS}})
    return form.written(characters.checked(back), version)


@given(data=WITHIN, top=TOPS)
@example(data={"name": "a", "tags": [1, "x" * 99]}, top={"tags": [1, "x" * 99], "name": "other"})
@example(data={"name": "x" * 200, "extensions": {"meatlizard": {"model": "m", "sampling": {"temperature": 1}}}}, top={})
@example(
    data={"name": "a", "nickname": None, "character_book": None, "extensions": {"meatlizard": {}}}, top={"spec": 1}
)
def test_no_key_is_lost_whatever_a_card_holds(data: dict[str, Any], top: dict[str, Any]) -> None:
    card = {**top, "spec": "chara_card_v3", "spec_version": "3.0", "data": data}
    after = through_a_row(card)
    for name, value in data.items():
        assert same(after["data"][name], value), name
    assert added_by_us(data, after["data"]) <= set(FIELDS)
    assert same({**after, "data": 0}, {**card, "data": 0})
    assert same(through_a_row(after), after), "and again"


@pytest.mark.parametrize("name", sorted(CARDS))
@pytest.mark.parametrize("version", [2, 3])
def test_cards_as_programs_write_them_come_out_as_they_went_in(name: str, version: int) -> None:
    card = CARDS[name]
    after = through_a_row(card, version)
    ours = {"spec": f"chara_card_v{version}", "spec_version": f"{version}.0"}
    if name == "v1":
        assert same({key: value for key, value in after.items() if key not in ("data", *ours)}, card)
        assert after["data"]["mes_example"] == card["mes_example"]
        return
    new = added_by_us(card["data"], after["data"])
    assert new <= {"group_only_greetings"} and all(after["data"][key] == [] for key in new)
    after["data"] = {key: value for key, value in after["data"].items() if key not in new}
    assert same(after, {**card, **ours})


def test_what_a_character_gets_from_a_card() -> None:
    found = form.read(CARDS["v2"])
    assert (found.name, found.first_message, found.alternatives) == (
        "Mara",
        "Ahoy, {{user}}.",
        ("Land!", "*coils a rope*"),
    )
    assert (found.system_prompt, found.post_history) == ("{{original}} Write as Mara.", "Stay at sea.")
    assert found.tags == ("sea", "Adventure") and found.book is not None and found.book["name"] == "Seven Seas"
    assert (form.read(CARDS["v3"]).nickname, form.read(CARDS["v1"]).examples) == (
        "Tor",
        "<START>\n{{user}}: Hello\n{{char}}: Tick.",
    )


def test_what_is_changed_here_is_changed_in_the_card_and_its_mirrors() -> None:
    changed = dataclasses.replace(
        form.read(CARDS["v2"]), name="Mira", tags=("sea",), book=None, model="tiny", sampling={"top_p": 0.5}
    )
    after = form.written(changed)
    assert (after["name"], after["data"]["name"], after["tags"], after["data"]["tags"]) == (
        "Mira",
        "Mira",
        ["sea"],
        ["sea"],
    )
    assert "character_book" not in after["data"]
    assert after["data"]["extensions"] == {
        **CARDS["v2"]["data"]["extensions"], "meatlizard": {"model": "tiny", "sampling": {"top_p": 0.5}}
    }  # fmt: skip
    again = form.read(after)
    assert (again.model, again.sampling) == ("tiny", {"top_p": 0.5})


def test_cleared_preferences_do_not_come_back() -> None:
    once = form.read(form.written(lizzy(model="tiny", sampling={"temperature": 1})))
    after = form.written(dataclasses.replace(once, model="", sampling={}))
    assert after["data"]["extensions"] == {}


@pytest.mark.parametrize(
    ("spec", "version"), [("chara_card_v3", "3.1"), ("chara_card_v4", "4.0"), ("chara_card_v4", 4.5)]
)
def test_later_versions_are_read_and_keep_their_name(spec: str, version: Any) -> None:
    card = {**CARDS["v3"], "spec": spec, "spec_version": version}
    assert form.read(card).name == "Tor the Long"
    after = form.written(form.read(card))
    assert (after["spec"], after["spec_version"]) == (spec, version)
    assert form.written(form.read(card), 2)["spec_version"] == "2.0"


@pytest.mark.parametrize(
    "card", [None, 1, [], "x", {}, {"data": []}, {"data": {}}, {"name": "x"}, {"data": {"name": " "}}]
)
def test_what_is_no_card_is_refused(card: Any) -> None:
    with pytest.raises(Invalid):
        files.read(json.dumps(card).encode())


# pictures ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "rest"),
    [
        (b"tEXt", packed(CARDS["v2"])),
        (b"tEXt", b"\n".join([packed(CARDS["v2"])[:50], packed(CARDS["v2"])[50:]])),
        (b"zTXt", b"\0" + zlib.compress(packed(CARDS["v2"]))),
        (b"iTXt", b"\0\0\0\0" + packed(CARDS["v2"])),
        (b"iTXt", b"\1\0en\0chara\0" + zlib.compress(packed(CARDS["v2"]))),
        (b"iTXt", b"\0\0\0\0" + json.dumps(CARDS["v2"]).encode()),
    ],
)  # fmt: skip
@pytest.mark.parametrize("keyword", [b"chara", b"Chara", b"ccv3"])
@pytest.mark.parametrize("place", [b"IDAT", b"IEND"])
def test_every_text_chunk_is_read_wherever_it_stands(kind: bytes, rest: bytes, keyword: bytes, place: bytes) -> None:
    data = with_chunks((kind, keyword + b"\0" + rest), before=place)
    assert files.read(data).character == form.read(CARDS["v2"])


def test_version_3_goes_before_2_and_what_only_2_has_is_kept() -> None:
    older, newer = (
        {"data": {"name": "old", "only": 1, "extensions": {"x": 1}}},
        {"data": {"name": "new", "extensions": {"y": 2}}},
    )
    data = with_chunks((b"tEXt", b"chara\0" + packed(older)), (b"tEXt", b"ccv3\0" + packed(newer)))
    found = files.read(data).character
    assert found.name == "new"
    assert form.written(found)["data"]["only"] == 1
    assert form.written(found)["data"]["extensions"] == {"x": 1, "y": 2}


def test_an_animated_picture_is_read_like_a_still_one() -> None:
    base = with_chunks((b"acTL", struct.pack(">II", 1, 0)), before=b"IDAT", base=card_png(CARDS["v2"]))
    assert files.read(base).character.name == "Mara"
    assert [kind for kind, _ in png.chunks(png.bare(base))] == [b"IHDR", b"IDAT", b"IEND"]


@pytest.mark.parametrize("name", sorted(CARDS))
def test_a_picture_with_its_card_comes_out_as_it_went_in(name: str) -> None:
    character = form.read(CARDS[name])
    data = files.as_png(character, picture())
    found = png.texts(data, frozenset(files.KEYWORDS))
    assert {key: json.loads(base64.b64decode(text)) for key, text in found.items()} == {
        "chara": form.written(character, 2), "ccv3": form.written(character)
    }  # fmt: skip
    assert form.written(files.read(data).character) == form.written(character)
    assert form.written(files.read(files.as_json(character)).character) == form.written(character)


BROKEN = {
    "no card": picture(),
    "cut off": card_png(CARDS["v2"])[:-20],
    "cut off in a chunk": card_png(CARDS["v2"])[:700],
    "wrong sum": card_png(CARDS["v2"]).replace(b"chara\0ey", b"chara\0eY"),
    "no base64": with_chunks((b"tEXt", b"chara\0???")),
    "no padding": with_chunks((b"tEXt", b"chara\0" + packed(CARDS["v2"]).rstrip(b"=") + b"A")),
    "no JSON": with_chunks((b"tEXt", b"chara\0" + base64.b64encode(b'{"data": {'))),
    "no UTF-8": with_chunks((b"tEXt", b"chara\0" + base64.b64encode(b'{"name": "\xff"}'))),
    "not a number": with_chunks((b"tEXt", b"chara\0" + base64.b64encode(b'{"data": {"name": "a", "x": NaN}}'))),
    "an endless number": with_chunks((b"tEXt", b"chara\0" + base64.b64encode(b'{"data": {"name": "a", "x": 1e999}}'))),
    "no zero": with_chunks((b"tEXt", b"chara")),
    "no deflate": with_chunks((b"zTXt", b"chara\0\0nonsense")),
    "cut deflate": with_chunks((b"zTXt", b"chara\0\0" + zlib.compress(packed(CARDS["v2"]))[:-9])),
    "unknown compression": with_chunks((b"zTXt", b"chara\0\7" + zlib.compress(b"x"))),
    "short iTXt": with_chunks((b"iTXt", b"chara\0\0")),
    "bomb": with_chunks((b"zTXt", b"chara\0\0" + zlib.compress(b"A" * (png.MAX_TEXT + 10)))),
    "bomb in iTXt": with_chunks((b"iTXt", b"chara\0\1\0\0\0" + zlib.compress(b"A" * (png.MAX_TEXT + 10)))),
    "ccv3 broken, chara whole": with_chunks((b"tEXt", b"ccv3\0e30"), (b"tEXt", b"chara\0!"), base=picture()),
    "huge length": png.SIGNATURE + struct.pack(">I4s", 0xFFFFFFFF, b"IHDR"),
    "too many chunks": png.SIGNATURE + chunk(b"IDAT", b"") * (png.MAX_CHUNKS + 1),
    "empty": b"",
    "a jpeg": picture(kind="JPEG"),
    "html": b"<script>alert(1)</script>",
    "deep": b'{"data": {"name": "a", "x": ' + b"[" * 500 + b"]" * 500 + b"}}",
    "very deep": b'{"data": ' + b"[" * 100_000,
    "many parts": b'{"data": {"name": "a", "x": [' + b"{}," * reading.MAX_PARTS + b"1]}}",
    "too much JSON": b'{"data": {"name": "' + b"a" * reading.MAX_JSON + b'"}}',
    "long integer": b'{"data": {"name": "a", "x": ' + b"9" * 5_000 + b"}}",
    "too large a file": b"{" + b" " * files.MAX_FILE,
}


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_broken_and_hostile_files_are_refused_in_words(name: str) -> None:
    with pytest.raises(Invalid) as error:
        files.read(BROKEN[name])
    assert error.value.message.endswith(".") and "<" not in error.value.message


@given(data=st.binary(max_size=200), at=st.integers(0, 2_000), tail=st.booleans())
def test_garbage_does_nothing_but_be_refused(data: bytes, at: int, tail: bool) -> None:
    base = card_png(CARDS["v2"])
    mixed = base[:at] + data + (base[at + len(data) :] if tail else b"")
    for one in (data, png.SIGNATURE + data, b"PK" + data, b"{" + data, mixed):
        try:
            files.read(one)
        except Invalid:
            continue
        assert one == base or b"IEND" in one


# CHARX ---------------------------------------------------------------------------------------------------------------


def zipped(content: dict[str, bytes], **more: Any) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", **more) as packing:
        for name, data in content.items():
            packing.writestr(name, data)
    return out.getvalue()


def test_a_charx_file_gives_card_and_picture() -> None:
    icon = picture()
    data = zipped({"card.json": json.dumps(CARDS["v3"]).encode(), "assets/icon/main.png": icon, "assets/sad.png": icon})
    for one in (data, picture(kind="JPEG") + data):
        found = files.read(one)
        assert found.character == form.read(CARDS["v3"]) and found.picture == icon
        assert len(found.notes) == 1 and found.notes[0].startswith("1 more file")


@pytest.mark.parametrize(
    "uri", ["embeded://../../etc/passwd", "embeded:///etc/passwd", "https://example.org/x.png", 7, "embeded://none"]
)
def test_paths_of_a_charx_file_lead_nowhere_but_into_it(uri: Any) -> None:
    card = {
        "data": {
            "name": "a",
            "assets": [{"type": "icon", "name": "main", "uri": uri}, 1, {"type": "icon", "uri": None}],
        }
    }
    found = files.read(zipped({"card.json": json.dumps(card).encode(), "x.png": picture()}))
    assert found.picture is None and form.written(found.character)["data"]["assets"] == card["data"]["assets"]


BAD_ARCHIVES = {
    "no card": zipped({"other.json": b"{}"}),
    "bomb": zipped({"card.json": b" " * (reading.MAX_JSON + 1)}, compression=zipfile.ZIP_DEFLATED),
    "icon bomb": zipped(
        {"card.json": json.dumps(CARDS["v3"]).encode(), "assets/icon/main.png": b"\0" * (charx.MAX_PICTURE + 1)},
        compression=zipfile.ZIP_DEFLATED,
    ),
    "too many files": zipped({"card.json": b"{}", **{f"{n}": b"" for n in range(charx.MAX_FILES)}}),
    "cut off": zipped({"card.json": json.dumps(CARDS["v3"]).encode()})[:-30],
    "damaged": zipped({"card.json": json.dumps(CARDS["v3"]).encode()}).replace(b"Toll!", b"Troll", 1),
    "encrypted": zipped({"card.json": b"{}"}).replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(BAD_ARCHIVES))
def test_bad_archives_are_refused_in_words(name: str) -> None:
    with pytest.raises(Invalid) as error:
        files.read(BAD_ARCHIVES[name])
    assert error.value.message.endswith(".")
