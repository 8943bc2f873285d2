"""Names of languages for people, from Django's own list."""

from django.conf.locale import LANG_INFO


def language_name(code: str) -> str:
    """`de` → `German`; the code itself where the list has no name; "" → `Not told`."""
    named = LANG_INFO.get(code) or LANG_INFO.get({"zh": "zh-hans", "no": "nb"}.get(code, ""), {})
    return str(named.get("name", code)) if code else "Not told"
