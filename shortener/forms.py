"""What the pages of links carry, checked. What a link may be is decided by its actions."""

import datetime
import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from meatlizard.security.passwords import MAX_PASSWORD
from shortener import finding, summary
from shortener.access import domains_for, folders_of
from shortener.carrying.reading import MAX_BYTES
from shortener.details import MAX_LIMIT, MAX_NOTES, MAX_TITLE, Details
from shortener.models import Link
from shortener.models.links import MAX_SLUG, MAX_URL

MAX_RULES_TEXT = 200_000
STYLES = {"random": _("random letters"), "words": _("three words")}


def _moment(label: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(required=False, label=label, widget=widget, help_text=_("UTC"))


class LinkForm(forms.Form):
    """A link of ``owner``: ``link`` as it is, or a new one."""

    target = forms.CharField(
        max_length=MAX_URL, label=_("Where it leads"), widget=forms.URLInput(attrs={"inputmode": "url"})
    )
    slug = forms.CharField(
        required=False,
        max_length=MAX_SLUG,
        label=_("Slug"),
        help_text=_("Letters, digits and - _ . ~, in parts divided by /."),
    )
    style = forms.ChoiceField(required=False, label=_("Without a slug of yours"))
    domain = forms.ChoiceField(required=False, label=_("Domain"))
    title = forms.CharField(required=False, max_length=MAX_TITLE, label=_("Title"))
    tags = forms.CharField(required=False, max_length=1_000, label=_("Tags"), help_text=_("Divided by commas."))
    folder = forms.CharField(
        required=False, max_length=80, label=_("Folder"), help_text=_("A new name makes a folder."),
        widget=forms.TextInput(attrs={"list": "link-folders"}),
    )  # fmt: skip
    notes = forms.CharField(
        required=False,
        max_length=MAX_NOTES,
        label=_("Notes"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For yourself."),
    )
    status = forms.TypedChoiceField(
        coerce=int, choices=Link.Status.choices, initial=Link.Status.FOUND, label=_("Kind of redirect")
    )
    forward_query = forms.BooleanField(required=False, label=_("Pass on what stands behind ?"))
    password = forms.CharField(
        required=False, max_length=MAX_PASSWORD, strip=False, label=_("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip
    no_password = forms.BooleanField(required=False, label=_("No password any more"))
    not_before = _moment(_("Not before"))
    not_after = _moment(_("Not after"))
    max_clicks = forms.IntegerField(required=False, min_value=1, max_value=MAX_LIMIT, label=_("At most so many clicks"))
    fallback = forms.CharField(
        required=False, max_length=MAX_URL, label=_("Where it leads otherwise"), widget=forms.URLInput(),
        help_text=_("Before and after its time, and beyond its clicks. Empty: a page says that it is over."),
    )  # fmt: skip
    rules = forms.CharField(
        required=False, max_length=MAX_RULES_TEXT, label=_("Rules"), widget=forms.Textarea(attrs={"rows": 6, "class": "mono", "spellcheck": "false"}),
        help_text=_("As JSON. The first rule that fits decides; if none does, the link leads where it says above."),
    )  # fmt: skip
    public_stats = forms.BooleanField(required=False, label=_("Everybody may see its statistics"))
    disabled = forms.BooleanField(required=False, label=_("Switched off"))

    def __init__(self, owner: Any, link: Link | None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner, self.link = owner, link
        hosts = [(domain.host, domain.host) for domain in domains_for(owner)]
        self.fields["style"].choices = list(STYLES.items())  # type: ignore[attr-defined]
        self.fields["domain"].choices = [("", _("this site")), *hosts]  # type: ignore[attr-defined]
        drop = {"no_password"} if link is None or not link.password else set()
        drop |= {"domain"} if link is not None or not hosts else set()
        drop |= {"style"} if link is not None else {"disabled"}
        for name in drop:
            del self.fields[name]
        if link is not None:
            self.fields["slug"].required = True
            if link.password:
                self.fields["password"].help_text = _("Empty: it stays as it is.")

    @staticmethod
    def values_of(link: Link) -> dict[str, Any]:
        names = (
            "target", "slug", "title", "notes", "status", "forward_query", "not_before", "not_after", "max_clicks", "fallback",
            "public_stats", "disabled",
        )  # fmt: skip
        return {
            **{name: getattr(link, name) for name in names},
            "tags": ", ".join(tag.name for tag in link.tags.all()),
            "folder": link.folder.name if link.folder is not None else "",
            "rules": json.dumps(link.rules, ensure_ascii=False, indent=1) if link.rules else "",
        }

    def clean_rules(self) -> Any:
        text = self.cleaned_data["rules"].strip()
        try:
            return json.loads(text) if text else []
        except (ValueError, RecursionError):
            raise ValidationError(_("This is not JSON.")) from None

    def details(self) -> tuple[Details, str]:
        """What to tell the actions, and the name of the folder."""
        data = self.cleaned_data
        names = (
            "target", "slug", "title", "notes", "status", "forward_query", "not_before", "not_after", "max_clicks", "fallback",
            "rules", "public_stats",
        )  # fmt: skip
        said: dict[str, Any] = {name: data[name] for name in names}
        said["tags"] = [tag for tag in data["tags"].split(",") if tag.strip()]
        if "disabled" in data:
            said["disabled"] = data["disabled"]
        if data["password"] or data.get("no_password"):
            said["password"] = "" if data.get("no_password") else data["password"]
        details: Any = said
        return details, data["folder"].strip()


class FindForm(forms.Form):
    """The search over one's links; whatever is wrong in it is left out."""

    q = forms.CharField(required=False, max_length=200, label=_("Search"))
    tag = forms.CharField(required=False, max_length=40, label=_("Tag"))
    folder = forms.ChoiceField(required=False, label=_("Folder"))
    host = forms.ChoiceField(required=False, label=_("Domain"))
    state = forms.ChoiceField(required=False, label=_("State"), choices=[("", _("any")), *finding.STATES.items()])
    order = forms.ChoiceField(
        required=False, label=_("Order"), choices=[(name, label) for name, (_by, label) in finding.ORDERS.items()]
    )

    def __init__(self, owner: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        folders = [(str(folder.pk), folder.name) for folder in folders_of(owner)]
        hosts = [(domain.host, domain.host) for domain in domains_for(owner)]
        self.fields["folder"].choices = [("", _("any")), ("0", _("in none")), *folders]  # type: ignore[attr-defined]
        self.fields["host"].choices = [("", _("any")), ("-", _("this site")), *hosts]  # type: ignore[attr-defined]
        if not folders:
            del self.fields["folder"]
        if not hosts:
            del self.fields["host"]

    def wanted(self) -> tuple[finding.Wanted, str]:
        self.is_valid()
        data = self.cleaned_data
        folder = data.get("folder") or ""
        wanted = finding.Wanted(
            text=data.get("q", ""), tag=data.get("tag", ""), folder=int(folder) if folder else None,
            host=data.get("host", ""), state=data.get("state", ""),
        )  # fmt: skip
        return wanted, finding.ORDERS[data.get("order", "")][0]


class BulkForm(forms.Form):
    """One change to the links that are ticked."""

    DO = {
        "tag": _("add a tag"), "move": _("move to a folder"), "off": _("switch off"), "on": _("switch on"),
        "public": _("statistics for everybody"), "private": _("statistics for me alone"), "until": _("end at a time"),
        "delete": _("delete"),
    }  # fmt: skip
    do = forms.ChoiceField(label=_("With those ticked"), choices=list(DO.items()))
    word = forms.CharField(required=False, max_length=80, label=_("Tag or folder"))
    until = _moment(_("End"))


class SpanForm(forms.Form):
    """Of which days statistics are shown; what is wrong in it is left out."""

    days = forms.TypedChoiceField(
        coerce=int,
        required=False,
        label=_("Of the last"),
        choices=list(summary.DAYS.items()),
        initial=30,
    )
    since = forms.DateField(required=False, label=_("or from"), widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, label=_("to"), widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, given: Mapping[str, str]) -> None:
        super().__init__(
            {name: given.get(name, "") for name in ("since", "until")} | {"days": given.get("days") or "30"}
        )

    def span(self, link: Link) -> tuple[datetime.datetime, datetime.datetime]:
        """From the beginning of the first day until the end of the last, in UTC."""
        self.is_valid()
        data = self.cleaned_data
        since, until = summary.last_days(link, data.get("days", 30))
        first, last = data.get("since"), data.get("until")
        if last is not None and summary.FIRST_YEAR <= last.year <= summary.LAST_YEAR:
            until = datetime.datetime.combine(last, datetime.time(), datetime.UTC) + datetime.timedelta(days=1)
        if first is not None and summary.FIRST_YEAR <= first.year <= summary.LAST_YEAR:
            since = datetime.datetime.combine(first, datetime.time(), datetime.UTC)
        return (since, until) if since < until else (until - datetime.timedelta(days=1), until)


class ImportForm(forms.Form):
    """A file, or its text: what was looked at is sent again as text."""

    file = forms.FileField(
        required=False, label=_("A file"), widget=forms.FileInput(attrs={"accept": ".csv,.json,.txt"})
    )
    text = forms.CharField(
        required=False, max_length=MAX_BYTES, strip=False, label=_("or its text"),
        widget=forms.Textarea(attrs={"rows": 6, "class": "mono", "spellcheck": "false"}),
    )  # fmt: skip
    domain = forms.ChoiceField(required=False, label=_("Domain"))
    rename = forms.BooleanField(required=False, label=_("Where a slug is taken, make another one"))

    def __init__(self, owner: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hosts = [(domain.host, domain.host) for domain in domains_for(owner)]
        self.fields["domain"].choices = [("", _("this site")), *hosts]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if (file := data.get("file")) is not None:
            if file.size > MAX_BYTES:
                raise ValidationError(_("A file has at most 1 MB. Divide it."))
            data["text"] = file.read().decode("utf-8", "replace")
        if not (data.get("text") or "").strip():
            raise ValidationError(_("Choose a file, or put its text in."))
        return data


class QuickForm(forms.Form):
    """An address and nothing more, from the top of the list."""

    target = forms.CharField(
        max_length=MAX_URL,
        label=_("Where it leads"),
        widget=forms.URLInput(attrs={"inputmode": "url", "placeholder": "https://"}),
    )
    slug = forms.CharField(required=False, max_length=MAX_SLUG, label=_("Slug"))
    style = forms.ChoiceField(required=False, label=_("Without a slug of yours"), choices=list(STYLES.items()))


class PasswordForm(forms.Form):
    password = forms.CharField(
        max_length=MAX_PASSWORD,
        strip=False,
        label=_("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
