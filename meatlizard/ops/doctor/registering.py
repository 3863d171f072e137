"""The examinations that belong to no app, in the order in which they make sense: what stands first is what the others lean on."""

from django.utils.translation import gettext_lazy as _

from meatlizard.ops.doctor import inside, machine, neighbours, outside
from meatlizard.ops.doctor.findings import examination


def register() -> None:
    examination("settings", _("Settings"), inside.configuration)
    examination("tables", _("Tables"), inside.tables)
    examination("files", _("Files of the installation"), inside.files)
    examination("secrets", _("Secrets"), machine.secrets)
    examination("programs", _("Programs"), machine.programs)
    examination("limits", _("Limits of this machine"), machine.limits)
    examination("parts", _("What the site leans on"), neighbours.parts)
    examination("processes", _("Between processes"), neighbours.between_processes)
    examination("mail", _("Mail"), neighbours.mail)
    examination("clocks", _("Clocks"), neighbours.clocks)
    examination("front", _("As visitors reach it"), outside.front)
