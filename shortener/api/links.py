"""``/api/v1/links``: short links of the key's owner."""

from typing import Annotated, Any, Literal

from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from ninja import Path, Query, Router
from ninja.responses import Status

from meatlizard.api.authentication import KeyRequest, needs
from meatlizard.api.pages import After, Limit, Piece, piece
from meatlizard.errors import Invalid
from shortener import actions, figures, finding, qr, summary
from shortener.access import access_domain, access_folder, access_link, folders_of, links_of, tags_of
from shortener.addresses import address_of
from shortener.api import shapes
from shortener.api.said import details_of
from shortener.models import Link, LinkFolder

router = Router()

Number = Annotated[int, Path(ge=1, lt=2**63)]
Words = Annotated[str, Query(max_length=200, description=gettext_noop("words in slug, target, title or notes"))]
Name = Annotated[str, Query(max_length=300)]


@router.get("", response=Piece[shapes.LinkShape], summary=gettext_noop("Links, newest first"), **needs("links:read"))
def list_links(
    request: KeyRequest,
    limit: Limit = 50,
    after: After = "",
    search: Words = "",
    tag: Name = "",
    folder: Annotated[int | None, Query(ge=0, lt=2**63, description=gettext_noop("its id; 0: in none"))] = None,
    domain: Annotated[
        str, Query(max_length=300, description=gettext_noop("a host; - for the site's own address"))
    ] = "",
    state: Annotated[Literal["", "live", "waiting", "over", "off", "taken_down"], Query()] = "",
) -> Any:
    wanted = finding.Wanted(text=search, tag=tag, folder=folder, host=domain, state=state)
    return piece(finding.narrowed(links_of(request.user), wanted), limit, after)


@router.post("", response={201: shapes.LinkShape}, summary=gettext_noop("Make a link"), **needs("links:write"))
def create(request: KeyRequest, wish: shapes.WishAt) -> Any:
    domain = access_domain(request.user, wish.domain)
    made = actions.create(request.user, domain=domain, style=wish.style, **details_of(request.user, wish))
    return Status(201, made)


@router.post("/bulk", response=shapes.Outcomes, summary=gettext_noop("Make many links"), **needs("links:write"))
def create_many(request: KeyRequest, wishes: shapes.Wishes) -> Any:
    """What cannot be made does not hold up the others: the outcomes come in the order of the wishes."""
    domain = access_domain(request.user, wishes.domain)
    wanted = [{**details_of(request.user, wish), "style": wish.style} for wish in wishes.links]
    return {"outcomes": actions.create_many(request.user, wanted, domain)}


@router.patch("/bulk", response=shapes.Outcomes, summary=gettext_noop("Change many links"), **needs("links:write"))
def edit_many(request: KeyRequest, changes: shapes.Changes) -> Any:
    # Without the tags read before: they are part of the answer, as they are afterwards.
    links = list(links_of(request.user).prefetch_related(None).filter(pk__in=changes.ids))
    return {"outcomes": actions.edit_many(links, **details_of(request.user, changes.change))}


@router.post("/bulk/delete", response=shapes.Deleted, summary=gettext_noop("Delete many links"), **needs("links:write"))
def delete_many(request: KeyRequest, chosen: shapes.Keys) -> Any:
    return {"deleted": actions.delete_many(list(links_of(request.user).filter(pk__in=chosen.ids)))}


@router.get(
    "/tags", response=list[shapes.Tag], summary=gettext_noop("Tags and how many links have them"), **needs("links:read")
)
def tags(request: KeyRequest) -> Any:
    return tags_of(request.user).values("name").annotate(links=Count("pk")).order_by("name")


@router.get("/folders", response=list[shapes.Folder], summary=gettext_noop("Folders"), **needs("links:read"))
def folders(request: KeyRequest) -> "QuerySet[LinkFolder]":
    return folders_of(request.user)


@router.post("/folders", response={201: shapes.Folder}, summary=gettext_noop("Make a folder"), **needs("links:write"))
def make_folder(request: KeyRequest, folder: shapes.FolderName) -> Any:
    return Status(201, actions.make_folder(request.user, folder.name))


@router.delete(
    "/folders/{int:link_folder}",
    response={204: None},
    summary=gettext_noop("Delete a folder; its links stay"),
    **needs("links:write"),
)
def delete_folder(request: KeyRequest, link_folder: Number) -> Any:
    actions.delete_folder(access_folder(request.user, link_folder))
    return Status(204, None)


@router.get("/{int:link}", response=shapes.LinkShape, summary=gettext_noop("One link"), **needs("links:read"))
def read(request: KeyRequest, link: Number) -> Link:
    return access_link(request.user, link)


@router.patch("/{int:link}", response=shapes.LinkShape, summary=gettext_noop("Change a link"), **needs("links:write"))
def edit(request: KeyRequest, link: Number, change: shapes.Change) -> Link:
    return actions.edit(access_link(request.user, link), **details_of(request.user, change))


@router.delete(
    "/{int:link}", response={204: None}, summary=gettext_noop("Delete a link and its figures"), **needs("links:write")
)
def delete(request: KeyRequest, link: Number) -> Any:
    actions.delete(access_link(request.user, link))
    return Status(204, None)


@router.get(
    "/{int:link}/statistics",
    response=shapes.Statistics,
    summary=gettext_noop("Figures over a span"),
    **needs("links:read"),
)
def statistics(
    request: KeyRequest, link: Number, since: shapes.Moment | None = None, until: shapes.Moment | None = None
) -> Any:
    """Without `since` and `until` of the last 30 days. `visitors` are counted anew each day."""
    row = access_link(request.user, link)
    begin, end = summary.last_days(row, 30)
    begin, end = since or begin, until or end
    if begin >= end:
        raise Invalid(_("This span ends before it begins."), code="span_bad")
    return summary.plain(summary.of(row, begin, end))


@router.get(
    "/{int:link}/clicks",
    response=Piece[shapes.ClickShape],
    summary=gettext_noop("Single clicks, as long as they are kept"),
    **needs("links:read"),
)
def clicks(request: KeyRequest, link: Number, limit: Limit = 50, after: After = "") -> Any:
    return piece(figures.latest_clicks(access_link(request.user, link)), limit, after, by="at")


@router.get("/{int:link}/qr.{kind}", summary=gettext_noop("A QR code of the short address"), **needs("links:read"))
def code(
    request: KeyRequest,
    link: Number,
    kind: Literal["svg", "png"],
    scale: Annotated[str, Query(max_length=4)] = "",
    border: Annotated[str, Query(max_length=4)] = "",
    level: Annotated[str, Query(max_length=1)] = "",
    dark: Annotated[str, Query(max_length=7)] = "",
    light: Annotated[str | None, Query(max_length=7)] = None,
) -> HttpResponse:
    """SVG or PNG. Colours are hexadecimal; an empty `light` leaves the ground open."""
    row = access_link(request.user, link)
    drawn = qr.draw(address_of(row), kind, qr.look(scale, border, level, dark, light))
    return HttpResponse(drawn, content_type=qr.TYPES[kind])
