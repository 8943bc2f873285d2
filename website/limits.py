"""How often one visitor may do something: counted under a keyed hash that expires."""

import hmac
import logging
from hashlib import sha256

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

log = logging.getLogger("website.limits")
HOUR, DAY = 3600, 24 * 3600


def may_go_on(request: HttpRequest, action: str, *, an_hour: int, a_day: int) -> bool:
    """Count this time, too; False when it is one too many. The address itself is kept nowhere."""
    address = get_adapter(request).get_client_ip(request)
    who = hmac.new(settings.SECRET_KEY.encode(), f"{action}:{address}".encode(), sha256)
    counts = [_counted(f"{action}:{who.hexdigest()}:{span}", span) for span in (HOUR, DAY)]
    may = counts[0] <= an_hour and counts[1] <= a_day
    if not may and (counts[0] == an_hour + 1 or counts[1] == a_day + 1):
        log.warning("the limit of %s is reached", action)
    return may


def _counted(key: str, seconds: int) -> int:
    cache.add(key, 0, seconds)
    try:
        return int(cache.incr(key))
    except ValueError:  # it expired this very moment
        return 1
