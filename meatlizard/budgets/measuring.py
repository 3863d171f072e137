"""What is measured of token budgets."""

from collections.abc import Iterable

from django.db.models import Count, F, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from meatlizard.budgets.actions import week_of
from meatlizard.budgets.models import WeeklyUse
from meatlizard.metrics import charts
from meatlizard.metrics.charts import Chart
from meatlizard.metrics.readings import Found, reading


def register() -> None:
    used, given = "budget_used_tokens", "budget_given_tokens"
    use = charts.level_share(used, given, 100)
    charts.chart(Chart("budgets", _("Budgets used this week"), _("per cent"), (used, given), use))
    reading(
        "budgets", _budgets,
        ("budget_used_tokens", "Tokens used this week, by tier.", ("tier",)),
        ("budget_given_tokens", "Tokens that those who used some may use this week, by tier.", ("tier",)),
        ("budget_exhausted_people", "People who have nothing left this week, by tier.", ("tier",)),
    )  # fmt: skip


def _budgets() -> Iterable[Found]:
    rows = WeeklyUse.objects.filter(week=week_of(timezone.now())).order_by().values("user__tier__name")
    given = F("user__tier__weekly_tokens") + F("granted")
    for row in rows.annotate(spent=Sum("used"), limit=Sum(given), empty=Count("pk", filter=Q(used__gte=given))):
        tier = (row["user__tier__name"] or "",)
        yield Found("budget_used_tokens", row["spent"], tier)
        yield Found("budget_given_tokens", row["limit"], tier)
        yield Found("budget_exhausted_people", row["empty"], tier)
