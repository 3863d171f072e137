"""The log for operators."""

import datetime
import socket

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from meatlizard.logs import cleaning, files, reading
from meatlizard.ops.access import operate_only
from meatlizard.security.ratelimit import limited

MAX_TEXT = 200


class Search(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("File"), choices=[(kind, kind) for kind in files.KINDS], required=False)
    day = forms.DateField(
        label=gettext_lazy("Day"),
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    level = forms.ChoiceField(
        label=gettext_lazy("From level"),
        required=False,
        choices=[("", gettext_lazy("all")), *((level, level) for level in reading.LEVELS)],
    )
    request_id = forms.RegexField(
        label=gettext_lazy("Request"),
        required=False,
        regex=r"\A[\w-]{1,64}\Z",
        widget=forms.TextInput(attrs={"size": 18}),
    )
    text = forms.CharField(label=gettext_lazy("Text"), required=False, max_length=MAX_TEXT)


@require_safe
@login_required
@limited("logs", "60/m")
def logs(request: HttpRequest) -> HttpResponse:
    """Context: ``result`` (:class:`meatlizard.logs.reading.Result`), ``form``, how the cleaning went."""
    operate_only(request.user)
    form = Search(request.GET)
    result = reading.Result()
    if form.is_valid():
        given = form.cleaned_data
        day = given["day"].isoformat() if isinstance(given["day"], datetime.date) else ""
        wanted = reading.Wanted(given["kind"] or "app", day, given["level"], given["request_id"], given["text"].strip())
        result = reading.search(settings.LOG_DIR, wanted)
    context = {
        **admin.site.each_context(request),
        "title": _("Log"),
        "form": form,
        "result": result,
        "most": reading.MOST,
        "machine": socket.gethostname(),
        "written": settings.LOG_FILES,
        "cleaned": cleaning.last(),
        "dropped": files.dropped.lines,
    }
    return render(request, "logs/logs.html", context)
