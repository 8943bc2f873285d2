"""What people do with operators: join, be invited, change role, leave, hand over."""

from django.db import transaction

from accounts.models import User
from comm100.core.events import publish
from comm100.core.journal import record
from comm100.core.models import take_numbers
from comm100.core.tenancy import current_site_id
from operators.events import OperatorJoined
from operators.models import Operator, Role


@transaction.atomic
def add_operator(user: User, *, role: int, by: Operator | None = None) -> Operator:
    """Put a user to work on the site in context; one who left comes back."""
    operator, _ = Operator.objects.update_or_create(
        user=user,
        site_id=current_site_id() or 0,
        defaults={"role": role, "added_by": by, "left_at": None},
        create_defaults={"role": role, "added_by": by, "number": take_numbers("operator")},
    )
    record("operator.joined", operator, by=by or operator, role=Role(role).name.lower())
    publish(OperatorJoined(site_id=operator.site_id, operator_id=operator.pk))
    return operator
