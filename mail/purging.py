"""What mail knows of a site outside of its own tables goes with it."""

from comm100.core.purging import purge_elsewhere
from mail.models import Pace, SendingDomain


@purge_elsewhere
def forget_paces(site_id: int) -> None:
    """How fast its domains may send stands by their names."""
    names = SendingDomain.objects.values_list("name", flat=True)
    Pace.objects.filter(key__in=[f"from:{name}" for name in names]).delete()
