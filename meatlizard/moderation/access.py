"""Who may review and manage, and the doors to cases."""

from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, NotFound
from meatlizard.moderation.models import Appeal, Case, Policy, Sanction

Viewer = User | AnonymousUser

APPEALABLE = (
    Case.Content.MASKED,
    Case.Content.WITHHELD,
    Case.Content.WAITING,
    Case.Content.REFUSED,
    Case.Content.DELETED,
)


def may_review(viewer: Viewer) -> bool:
    return viewer.is_active and viewer.is_staff and viewer.has_perm("moderation.review")


def may_manage(viewer: Viewer) -> bool:
    return viewer.is_active and viewer.is_staff and viewer.has_perm("moderation.manage")


def review_only(viewer: Viewer) -> None:
    if not may_review(viewer):
        raise Forbidden(_("Only moderators may look at this."), code="not_a_moderator")


def manage_only(viewer: Viewer) -> None:
    if not may_manage(viewer):
        raise Forbidden(_("Only who manages moderation may do this."), code="not_a_manager")


def access_case(viewer: Viewer, case: UUID | str) -> Case:
    """For moderators alone."""
    review_only(viewer)
    try:
        key = UUID(str(case))
    except ValueError:
        raise NotFound from None
    row = Case.objects.select_related("person", "reporter", "appeal").filter(pk=key).first()
    if row is None:
        raise NotFound(_("This case does not exist, or was cleared away."))
    return row


def access_own_case(viewer: User, case: UUID) -> Case:
    """For whom it is about. A report by others is not shown to them before something was done about it."""
    row = own_cases(viewer).filter(pk=case).first()
    if row is None:
        raise NotFound(_("This case does not exist, or is not about you."))
    return row


def own_cases(viewer: User) -> QuerySet[Case]:
    """In which something was done to the viewer or what is theirs."""
    done = Q(content__in=APPEALABLE) | Q(sanctions__person=viewer.pk)
    rows = Case.objects.filter(done, person=viewer.pk).select_related("appeal").distinct()
    return rows.order_by("-created")


def access_sanction(viewer: Viewer, sanction: int) -> Sanction:
    review_only(viewer)
    row = Sanction.objects.select_related("person").filter(pk=sanction).first()
    if row is None:
        raise NotFound(_("This sanction does not exist."))
    return row


def access_appeal(viewer: Viewer, case: UUID | str) -> Appeal:
    """The one of a case, for moderators."""
    row = access_case(viewer, case)
    appeal = Appeal.objects.select_related("case", "person").filter(case=row.pk).first()
    if appeal is None:
        raise NotFound(_("Nobody has appealed in this case."))
    return appeal


def policy() -> Policy:
    return Policy.objects.filter(pk=1).first() or Policy()
