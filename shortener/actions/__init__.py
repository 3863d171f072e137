"""Every way to change links. Doors call what is named here."""

from shortener.actions.abuse import report, restore, take_down, take_down_host, take_down_person, unblock_host
from shortener.actions.links import (
    Outcome,
    create,
    create_many,
    delete,
    delete_folder,
    delete_many,
    edit,
    edit_many,
    link_to,
    make_folder,
    reset_clicks_left,
)

__all__ = [
    "Outcome",
    "create",
    "create_many",
    "delete",
    "delete_folder",
    "delete_many",
    "edit",
    "edit_many",
    "link_to",
    "make_folder",
    "report",
    "reset_clicks_left",
    "restore",
    "take_down",
    "take_down_host",
    "take_down_person",
    "unblock_host",
]
