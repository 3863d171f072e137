"""What operators have said about tools: which there are for whom, and whether people are asked first."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

NAME = 64


class ToolNamesField(models.JSONField):
    """Names of tools that something may use, and no others. With ``null=True``, None says nothing about tools.

    Whatever narrows down what a conversation has (a persona, a route) holds one and hands it to
    :func:`chat.tools.permissions.allowed`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("blank", True)
        kwargs.setdefault("help_text", _("the tools it may use, and no others; without a choice, whatever is on"))
        super().__init__(*args, **kwargs)

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        if value is not None and not (isinstance(value, list) and all(isinstance(name, str) for name in value)):
            raise ValidationError(_("This is not a list of names of tools."), code="tool_names")

    def formfield(self, **kwargs: Any) -> Any:
        from chat.tools.naming import ToolNamesFormField

        return super().formfield(**{"form_class": ToolNamesFormField, "unsaid": self.null, **kwargs})

    def deconstruct(self) -> Any:
        """Migrations need no more than the column."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs


class ToolPolicy(models.Model):
    """The only row has the key 1. ``version`` rises with each change, so that looking for one is a small query."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    version = models.PositiveBigIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="tool_policy_once")]

    def __str__(self) -> str:
        return f"policy of tools, changed {self.version} times"


class ToolChoice(models.Model):
    """One tool, named as in the registry. Without a row, or while nothing is chosen, what the tool itself says holds."""

    class State(models.TextChoices):
        OFF = "off", _("off")
        NAMED = "named", _("where a persona or a route names it")
        ON = "on", _("on")

    class Approval(models.TextChoices):
        ALWAYS = "always", _("always")
        NEVER = "never", _("never")

    name = models.CharField(max_length=NAME, unique=True)
    state = models.CharField(
        _("where"), max_length=5, choices=State.choices, blank=True, help_text=_("empty: as the tool comes")
    )
    approval = models.CharField(
        _("asks for approval"),
        max_length=6,
        choices=Approval.choices,
        blank=True,
        help_text=_("whether the person is asked before each call; empty: as the tool comes"),
    )
    tiers = models.ManyToManyField(
        "accounts.Tier", blank=True, related_name="+", help_text=_("for these alone; empty: for everybody")
    )
    note = models.CharField(max_length=300, blank=True, help_text=_("why it was switched off"))

    class Meta:
        verbose_name = _("tool")
        verbose_name_plural = _("tools")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class PersonaTools(models.Model):
    """Conversations with ``persona`` have ``tools`` and no others."""

    persona = models.OneToOneField("chat.Persona", models.CASCADE, related_name="given_tools")
    tools = ToolNamesField(default=list)

    class Meta:
        verbose_name = _("tools of a persona")
        verbose_name_plural = _("tools of personas")

    def __str__(self) -> str:
        return f"tools of persona {self.persona_id}"


class PersonZone(models.Model):
    """The time zone that a person's browser last told, for answers to what time it is."""

    MOST = 60

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="time_zone")
    zone = models.CharField(max_length=MOST)

    def __str__(self) -> str:
        return f"time zone of person {self.user_id}"
