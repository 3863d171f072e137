"""What is found of videos: a row of words for each, which triggers keep in step with its title, description, tags and channel; and one for
each of its captions.

In one table, since an index of PostgreSQL reaches no further than a row. Made and taken away as :mod:`meatlizard.fulltext` says.
"""

from typing import Any, Final

from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate

from meatlizard.fulltext import FullText

WORDS: Final = FullText(
    "video_found", "video_videowords", {"title": 10.0, "tags": 5.0, "channel": 3.0, "description": 1.0}
)

SAID: Final = FullText("video_said", "video_captionwords", {"text": 1.0})

_COLUMNS = "(video_id, title, tags, channel, description)"
_TAGS = {
    "sqlite": "coalesce((SELECT group_concat(name, ' ') FROM video_videotag tag WHERE tag.video_id = {video}), '')",
    "postgresql": "coalesce((SELECT string_agg(name, ' ') FROM video_videotag tag WHERE tag.video_id = {video}), '')",
}
_CHANNEL = "coalesce((SELECT name || ' ' || handle FROM video_channel channel WHERE channel.id = {channel}), '')"

_ADD = f"INSERT INTO video_videowords {_COLUMNS} VALUES (new.id, new.title, '', {_CHANNEL.format(channel='new.channel_id')}, new.description);"  # noqa: S608
_CHANGE = f"""UPDATE video_videowords SET title = new.title, description = new.description,
    channel = {_CHANNEL.format(channel="new.channel_id")} WHERE video_id = new.id;"""  # noqa: S608
_RENAME = """UPDATE video_videowords SET channel = new.name || ' ' || new.handle
    WHERE video_id IN (SELECT id FROM video_video WHERE channel_id = new.id);"""

_SAY = "INSERT INTO video_captionwords (captions_id, text) VALUES (new.id, new.text);"
_SAY_ANEW = "UPDATE video_captionwords SET text = new.text WHERE captions_id = new.id;"
_FILL_SAID = """INSERT INTO video_captionwords (captions_id, text) SELECT said.id, said.text FROM video_captions said
    WHERE NOT EXISTS (SELECT 1 FROM video_captionwords words WHERE words.captions_id = said.id)"""


def _tag(vendor: str, row: str) -> str:
    video = f"{row}.video_id"
    return f"UPDATE video_videowords SET tags = {_TAGS[vendor].format(video=video)} WHERE video_id = {video};"  # noqa: S608


def _fill(vendor: str) -> str:
    """Those that were there before, or while a table was made anew."""
    tags, channel = _TAGS[vendor].format(video="video.id"), _CHANNEL.format(channel="video.channel_id")
    return f"""INSERT INTO video_videowords {_COLUMNS} SELECT video.id, video.title, {tags}, {channel}, video.description
        FROM video_video video WHERE NOT EXISTS (SELECT 1 FROM video_videowords words WHERE words.video_id = video.id)"""  # noqa: S608


def _events(vendor: str) -> dict[str, tuple[str, str]]:
    """When something happens, and what is done then."""
    return {
        "add": ("AFTER INSERT ON video_video", _ADD),
        "change": ("AFTER UPDATE OF title, description, channel_id ON video_video", _CHANGE),
        "tagged": ("AFTER INSERT ON video_videotag", _tag(vendor, "new")),
        "untagged": ("AFTER DELETE ON video_videotag", _tag(vendor, "old")),
        "renamed": ("AFTER UPDATE OF name, handle ON video_channel", _RENAME),
        "said": ("AFTER INSERT ON video_captions", _SAY),
        "said_anew": ("AFTER UPDATE OF text ON video_captions", _SAY_ANEW),
    }


_TABLES: Final = {
    "tagged": "video_videotag", "untagged": "video_videotag", "renamed": "video_channel", "said": "video_captions", "said_anew": "video_captions",
}  # fmt: skip


def make(using: str) -> None:
    """Nothing while the tables are not there yet."""
    db = connections[using]
    with db.cursor() as cursor:
        if not {WORDS.table, SAID.table} <= set(db.introspection.table_names(cursor)):
            return
        for name, (when, done) in _events(db.vendor).items():
            _drop(cursor, db.vendor, name)
            if db.vendor == "sqlite":
                cursor.execute(f"CREATE TRIGGER video_words_{name} {when} BEGIN {done} END")
            else:
                cursor.execute(
                    f"CREATE OR REPLACE FUNCTION video_words_{name}() RETURNS trigger LANGUAGE plpgsql AS"
                    f" $$ BEGIN {done} RETURN NULL; END $$"
                )
                cursor.execute(
                    f"CREATE TRIGGER video_words_{name} {when} FOR EACH ROW EXECUTE FUNCTION video_words_{name}()"
                )
        cursor.execute(_fill(db.vendor))
        cursor.execute(_FILL_SAID)


def unhook(using: str) -> None:
    """On PostgreSQL, too, which changes no column that a trigger names."""
    db = connections[using]
    with db.cursor() as cursor:
        there = db.introspection.table_names(cursor)
        for name in _events(db.vendor):
            if _table(name) in there:
                _drop(cursor, db.vendor, name)


def _table(name: str) -> str:
    return _TABLES.get(name, "video_video")


def _drop(cursor: Any, vendor: str, name: str) -> None:
    cursor.execute(f"DROP TRIGGER IF EXISTS video_words_{name}" + ("" if vendor == "sqlite" else f" ON {_table(name)}"))


def load(app: Any) -> None:
    """When the app is ready. The index comes before the rows that it follows."""
    WORDS.load(app)
    SAID.load(app)
    pre_migrate.connect(_before, sender=app, dispatch_uid="video.words")
    post_migrate.connect(_after, sender=app, dispatch_uid="video.words")


def _before(sender: Any, using: str, **kwargs: Any) -> None:
    unhook(using)


def _after(sender: Any, using: str, **kwargs: Any) -> None:
    make(using)
