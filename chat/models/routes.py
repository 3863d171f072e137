"""Routes: for which kind of question which model answers, and how. One row more holds what is true of all of them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from chat.models.tools import ToolNamesField


class Route(models.Model):
    """``key`` names it in notes of answers and stays as it is. Routes are tried in the order of ``position``."""

    class Thinking(models.TextChoices):
        MODEL = "", _("as the model does by itself")
        OFF = "off", _("off")
        ON = "on", _("on")
        LOW = "low", _("low")
        MEDIUM = "medium", _("medium")
        HIGH = "high", _("high")

    key = models.SlugField(_("key"), max_length=40, unique=True, help_text=_("small letters and dashes; it stays"))
    name = models.CharField(_("name"), max_length=60, help_text=_("people read it on their answers"))
    description = models.CharField(
        _("what belongs here"), max_length=300, blank=True, help_text=_("told to the model that chooses routes")
    )
    enabled = models.BooleanField(_("enabled"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=100)
    aliases = models.JSONField(
        _("models"), default=list, blank=True, help_text=_("aliases: the first, then those that stand in for it")
    )
    temperature = models.FloatField(_("temperature"), null=True, blank=True, help_text=_("empty: the model's own"))
    thinking = models.CharField(_("thinking"), max_length=6, choices=Thinking.choices, blank=True, default="")
    tools = ToolNamesField(_("tools"), null=True)
    calls = models.PositiveSmallIntegerField(_("calls of tools"), default=2, help_text=_("at most, for one answer"))
    collections = models.JSONField(
        _("collections"), default=list, blank=True, help_text=_("of the site: answers are given from their passages")
    )
    prompt = models.TextField(
        _("prompt"), max_length=8_000, blank=True, help_text=_("the model reads it among the site's own texts")
    )
    max_tokens = models.PositiveIntegerField(
        _("longest answer"), null=True, blank=True, help_text=_("in tokens; empty: the model's own limit")
    )
    window = models.PositiveIntegerField(
        _("most that is read"), null=True, blank=True, help_text=_("tokens of the conversation; empty: all that fits")
    )
    patterns = models.JSONField(
        _("patterns"), default=list, blank=True, help_text=_("regular expressions that speak for this route")
    )
    shipped_examples = models.BooleanField(
        _("with the examples that come with the site"), default=True, help_text=_("where it has any by this key")
    )

    class Meta:
        verbose_name = _("route")
        verbose_name_plural = _("routes")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(temperature__isnull=True) | models.Q(temperature__gte=0, temperature__lte=5),
                name="route_temperature_0_to_5",
            )
        ]

    def __str__(self) -> str:
        return self.name


class RouteExample(models.Model):
    """A question that belongs to a route, beside those that come with the site."""

    route = models.ForeignKey(Route, models.CASCADE, related_name="examples")
    text = models.CharField(_("text"), max_length=1_000)

    class Meta:
        verbose_name = _("example of a route")
        verbose_name_plural = _("examples of a route")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["route", "text"], name="route_example_once")]

    def __str__(self) -> str:
        return f"example {self.pk} of route {self.route_id}"


class Routing(models.Model):
    """The only row has the key 1. ``version`` rises with each change of it, of a route or an example, so that looking for one is a
    small query. ``shipped``: keys of routes that were made from those that come with the site, which happens once."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    version = models.PositiveBigIntegerField(default=0)
    shipped = models.JSONField(default=list)
    enabled = models.BooleanField(
        _("choose a route for each question"), default=False, help_text=_("in conversations that name no model")
    )

    class Remember(models.TextChoices):
        OFF = "off", _("no")
        OWN = "own", _("of the same person")
        ALL = "all", _("of everybody: people get what was written for others")

    similarity = models.BooleanField(
        _("compare questions with examples"),
        default=True,
        help_text=_("where rules are not sure; takes an embedding model"),
    )
    judge = models.CharField(
        _("model that chooses"), max_length=100, blank=True,
        help_text=_("alias of a fast one, asked where examples leave doubts, for 0.3 seconds; empty: none is asked"),
    )  # fmt: skip
    remember = models.CharField(
        _("give known answers again"), max_length=3, choices=Remember.choices, default=Remember.OFF,
        help_text=_("to the very same question of the same model at temperature 0"),
    )  # fmt: skip
    remember_hours = models.PositiveSmallIntegerField(_("hours that answers are known"), default=24)

    class Meta:
        verbose_name = verbose_name_plural = _("routing")
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="routing_once")]

    def __str__(self) -> str:
        return f"routing, changed {self.version} times"
