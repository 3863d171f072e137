"""Links that come in from a file, looked at before anything is stored, and all that go out."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods

from meatlizard.accounts.http import UserRequest
from meatlizard.errors import AppError
from meatlizard.security.ratelimit import limited
from shortener.access import access_domain
from shortener.carrying import bringing, export, reading
from shortener.forms import ImportForm


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limited("link.import", "30/h")
def bring_in(request: UserRequest) -> HttpResponse:
    """``shortener/import.html``. First the report of what would become of each link, then, with ``go``, the links. Context: ``form`` (with the
    text that was sent), ``lines``, ``counts``, ``done``, ``links_at_most``."""
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = ImportForm(request.user, *sent)
    lines: list[bringing.Line] = []
    done = False
    if request.method == "POST" and form.is_valid():
        data, done = form.cleaned_data, "go" in request.POST
        try:
            domain = access_domain(request.user, data["domain"])
            found = reading.read(data["text"])
            lines = bringing.bring_in(request.user, found, domain, rename=data["rename"], dry=not done)
            # What came as a file is sent again as text, when it has been looked at.
            form = ImportForm(request.user, initial={name: data[name] for name in ("text", "domain", "rename")})
        except AppError as error:
            form.add_error(None, error.message)
            done = False
    counts = {what: sum(line.what == what for line in lines) for what in ("made", "present", "refused")}
    context = {"form": form, "lines": lines, "counts": counts, "done": done, "links_at_most": reading.MAX_LINKS}
    return render(request, "shortener/import.html", context, status=400 if form.errors else 200)


@login_required
@require_GET
@limited("link.export", "30/h", methods=("GET",))
def as_json(request: UserRequest) -> HttpResponse:
    return _saved(export.as_json(request.user), "application/json", "links.json")


@login_required
@require_GET
@limited("link.export", "30/h", methods=("GET",))
def as_csv(request: UserRequest) -> HttpResponse:
    return _saved(export.as_table(request.user), "text/csv; charset=utf-8", "links.csv")


def _saved(text: str, kind: str, name: str) -> HttpResponse:
    return HttpResponse(text, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
