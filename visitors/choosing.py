"""The four choices in plain words: what a page shows, and so what a receipt keeps (P7.1)."""

from visitors.models import Kind

SENTENCES: dict[int, str] = {
    Kind.MARKETING: "{site} may send me newsletters and offers of its own by e-mail.",
    Kind.PRODUCT_NEWS: "{site} may write to me when something I use gets new features.",
    Kind.PARTNER: "{site} may send me offers of its partners. {site} sends them; partners do not "
    "get my address.",
    Kind.PERSONALISE: "Once I said who I am, {site} may connect my visits with me and show me "
    "pages that fit.",
}
SHORT: dict[int, str] = {  # one word for a list's kind, where there is little room
    Kind.MARKETING: "News and offers",
    Kind.PRODUCT_NEWS: "Product news",
    Kind.PARTNER: "Partners",
}


def sentence(kind: int, site_name: str) -> str:
    """What somebody says yes to."""
    return SENTENCES[kind].format(site=site_name)


def words_of(kind: int, site_name: str) -> str:
    """Label and sentence, as they stand beside the box."""
    return f"{Kind(kind).label}: {sentence(kind, site_name)}"
