"""The browsers of a contact who is erased, also those whose last events wait in the buffer."""

from comm100.core.personal_data import NotYet, Person
from visitors.models import Visitor
from visitors.operations.visitor import MOST_AT_ONCE, forget_visitors
from visitors.visits.buffer import Happened, Kept, keep


def forget_visits_of(person: Person) -> int:
    """Answer how many; what is in the buffer goes when it is moved.

    Raises:
        NotYet: the buffer is full.
        redis.RedisError: it does not answer.
    """
    visitors = Visitor.objects.filter(contact=person.pk).order_by("pk")[:MOST_AT_ONCE]
    keys = list(visitors.values_list("key", flat=True))
    for key in keys:
        if keep(Happened(person.site_id, page="", key=bytes(key))) != Kept.YES:
            raise NotYet
    forget_visitors(Visitor.objects.filter(key__in=keys))
    return len(keys)
