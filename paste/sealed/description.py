"""What ``?jsonld=`` answers: by it PrivateBin's clients find out which version of the format is spoken here. Pure."""

from typing import Any

from paste.sealed import form

KINDS = ("paste", "comment", "pastemeta", "commentmeta", "types")


def description(kind: str, base: str) -> dict[str, Any] | None:
    """JSON-LD of a ``kind`` of object, None for one that there is not. ``base``: the address of the API."""
    if kind not in KINDS:
        return None
    if kind == "types":
        return {"@context": {"so": "https://schema.org/", "dp": f"{base}?jsonld=types#"}}
    terms: dict[str, Any] = {"so": "https://schema.org/", "pb": f"{base}?jsonld={kind}#", **_TERMS[kind]}
    return {"@context": terms}


def _whole(value: int | None = None) -> dict[str, Any]:
    return {"@type": "so:Integer", **({} if value is None else {"@value": value})}


_SEALED = {
    "v": _whole(form.VERSION),
    "id": {"@type": "so:identifier"},
    "adata": {"@type": "so:ItemList", "@container": "@list"},
    "ct": {"@type": "so:Text"},
}
_TERMS: dict[str, dict[str, Any]] = {
    "paste": {**_SEALED, "deletetoken": {"@type": "so:Text"}, "comment_count": _whole(), "meta": {"@id": "?jsonld=pastemeta"}},
    "comment": {**_SEALED, "pasteid": {"@type": "so:identifier"}, "parentid": {"@type": "so:identifier"},
                "meta": {"@id": "?jsonld=commentmeta"}},
    "pastemeta": {"expire": {"@type": "so:Text"}, "time_to_live": _whole()},
    "commentmeta": {"created": _whole()},
}  # fmt: skip
