"""How often somebody may do something: counted in the cache, by site, forgotten by itself."""

import logging

from django.core.cache import cache

from comm100.core.tenancy import current_site_id

log = logging.getLogger("comm100.throttling")


def may_again(what: str, who: object, times: int, seconds: int) -> bool:
    """Count one more; False once `who` did it `times` times within `seconds`.

    Neither address nor IP is stored: the cache hides its keys (comm100/core/hiding.py).
    """
    key = f"often:{what}:{current_site_id() or 0}:{who}"
    if cache.add(key, 1, seconds):
        return True
    try:
        often = cache.incr(key)
    except ValueError:  # it expired between the two
        return True
    if often == times + 1:
        log.warning("the limit of %s is reached", what)
    return often <= times
