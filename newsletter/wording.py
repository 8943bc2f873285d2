"""What people agree to, in the words of the form: kept with the subscription as the proof."""

from newsletter.models import NewsletterList
from visitors.models import Kind

BRINGS = {
    Kind.MARKETING: "news and offers of {site}",
    Kind.PRODUCT_NEWS: "what is new in the product",
    Kind.PARTNER: "offers of partners of {site}, which sends them itself: partners do not get my "
    "address",
}


def kind_in_words(newsletter_list: NewsletterList, site_name: str) -> str:
    """What the list brings, as its form says it."""
    return BRINGS[Kind(newsletter_list.kind)].format(site=site_name)


def wording_of(newsletter_list: NewsletterList, site_name: str) -> str:
    what = f" ({newsletter_list.description})" if newsletter_list.description else ""
    return (
        f"{site_name} may send me “{newsletter_list.name}”{what} by e-mail: "
        f"{kind_in_words(newsletter_list, site_name)}. "
        "I can unsubscribe at any time, with a link in every mail."
    )
