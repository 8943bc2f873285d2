"""When this happens, do that."""

from accounts.events import SiteFounded
from accounts.models import User
from comm100.core.events import together_with
from operators import operations
from operators.models import Role


@together_with(SiteFounded)
def the_founder_is_the_owner(event: SiteFounded) -> None:
    operations.add_operator(User.objects.get(pk=event.founder_id), role=Role.OWNER)
