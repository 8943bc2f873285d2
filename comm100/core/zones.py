"""Time zones by their IANA names, as people choose and files spell them."""

import zoneinfo
from functools import cache


@cache
def time_zones() -> tuple[str, ...]:
    """UTC first, then every place that has a name of its own."""
    places = (z for z in zoneinfo.available_timezones() if "/" in z and "Etc/" not in z)
    return ("UTC", *sorted(places))


@cache
def every_zone() -> dict[str, zoneinfo.ZoneInfo]:
    """All that a contact may have, read once: there are about 600."""
    return {name: zoneinfo.ZoneInfo(name) for name in _by_spelling().values()}


def known_zone(text: str) -> str:
    """`europe/berlin ` → `Europe/Berlin`; "" for what is no time zone."""
    return _by_spelling().get("_".join(text.lower().split()), "")


@cache
def _by_spelling() -> dict[str, str]:
    """Short names too, such as EST: files hold them."""
    return {name.lower(): name for name in zoneinfo.available_timezones() if name != "localtime"}
