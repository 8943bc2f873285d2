"""How often one visitor may do something on the company's own pages."""

from allauth.account.adapter import get_adapter
from django.http import HttpRequest

from comm100.core.throttling import may_again

HOUR, DAY = 3600, 24 * 3600
OPEN_FOR = 6 * HOUR  # seconds in which a form that was opened can be sent, once


def may_go_on(request: HttpRequest, action: str, *, an_hour: int, a_day: int) -> bool:
    """Count this time, too; False when it is one too many. The address itself is kept nowhere."""
    address = get_adapter(request).get_client_ip(request)
    may = may_again(action, address, an_hour, HOUR)
    return may_again(f"{action}-a-day", address, a_day, DAY) and may
