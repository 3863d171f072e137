"""Two accounts of one person become one."""

from django.db.models import Value

from files.models.shares import Download, Sent, Share


def merge(old: int, new: int) -> None:
    """Within the transaction that does it, before the row of ``old`` goes: what names the person names the other account. What they own is
    moved with everything else."""
    named = Share.people.through.objects
    both = named.filter(user_id=new).values_list("share_id", flat=True)
    named.filter(user_id=old).exclude(share_id__in=list(both)).update(user_id=new)
    Download.objects.filter(user=old).update(user=new)
    Sent.objects.filter(user=old).update(user=new, sender=Value(f"user {new}"))
