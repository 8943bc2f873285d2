"""How often somebody may do something: counted in the cache, by site, forgotten by itself."""

import logging
from hashlib import sha256

from django.core.cache import cache

from comm100.core.tenancy import current_site_id

log = logging.getLogger("comm100.throttling")


def may_again(what: str, who: object, times: int, seconds: int) -> bool:
    """Count one more; False once `who` did it `times` times within `seconds`.

    The key holds a hash: neither address nor IP is stored.
    """
    digest = sha256(str(who).encode()).hexdigest()[:24]
    key = f"site:{current_site_id() or 0}:often:{what}:{digest}"
    if cache.add(key, 1, seconds):
        return True
    try:
        often = cache.incr(key)
    except ValueError:  # it expired between the two
        return True
    if often == times + 1:
        log.warning("the limit of %s is reached", what)
    return often <= times
