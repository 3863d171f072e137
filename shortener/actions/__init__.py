"""Every way to change links. Doors call what is named here."""

from shortener.actions.abuse import report, restore, take_down, take_down_host, take_down_person, unblock_host
from shortener.actions.hosts import (
    delete_domain,
    delete_list,
    forget_host,
    know_host,
    save_domain,
    save_list,
    update_list,
)
from shortener.actions.links import (
    MAX_BULK,
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
    "MAX_BULK",
    "Outcome",
    "create",
    "create_many",
    "delete",
    "delete_domain",
    "delete_folder",
    "delete_list",
    "delete_many",
    "edit",
    "edit_many",
    "forget_host",
    "know_host",
    "link_to",
    "make_folder",
    "report",
    "reset_clicks_left",
    "restore",
    "save_domain",
    "save_list",
    "take_down",
    "take_down_host",
    "take_down_person",
    "unblock_host",
    "update_list",
]
