"""Names in office documents: of elements, and of the parts that a part refers to."""

import posixpath
from typing import Any

from meatlizard.reading.packed import Pack


def local(element: Any) -> str:
    """Its name without the namespace: strict and transitional files differ in that alone."""
    return str(element.tag).rpartition("}")[2]


def relations(pack: Pack, part: str) -> dict[str, str]:
    """What ``part`` refers to, by the ids it uses. Addresses outside of the file are left out."""
    folder, name = posixpath.split(part)
    found = {}
    for _, element in pack.elements(f"{folder}/_rels/{name}.rels"):
        target = element.get("Target", "")
        if local(element) == "Relationship" and element.get("TargetMode") != "External" and target:
            found[element.get("Id", "")] = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
    return found
