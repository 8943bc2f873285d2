"""What a campaign looks like for one contact: a document in a frame without any rights."""

from django.http import HttpResponse
from django.shortcuts import render

from mail import merge
from mail.content import MailingContent, with_footer
from mail.framing import framed
from newsletter.composing import content_of, variants_of
from newsletter.searching import contacts_to_preview
from newsletter.views.campaigns import campaign_for
from operators.http import OperatorRequest
from operators.permissions import operator_may
from visitors.models import Contact


def filled_for(content: MailingContent, contact: Contact | None) -> dict[str, str]:
    """subject, html and text as this contact would get them; links lead nowhere."""
    values = {"unsubscribe_url": "#", "preferences_url": "#"}
    if contact:
        facts = {"name": contact.name, "fields": contact.fields}
        values |= merge.values_for(contact.email, facts)
    html, text = with_footer(content.html, content.text)
    return {
        "subject": merge.merged(content.subject, values, "subject"),
        "html": merge.merged(html, values, "html"),
        "text": merge.merged(text, values, "text"),
    }


@operator_may("newsletter:read")
def preview(request: OperatorRequest, number: int) -> HttpResponse:
    """`?contact=` is the number of a contact; without, merge fields show their fallbacks.

    `?variant=` is the place of a variant of a test; without, it is A. `?person=` are words: the
    answer is the choice of contacts that hold them.
    """
    campaign = campaign_for(number)
    if "person" in request.GET:
        facts = {"people": contacts_to_preview(request, campaign)}
        return render(request, "newsletter/preview_people.html", facts)
    wanted = request.GET.get("contact", "")
    known = wanted.isdecimal() and len(wanted) < 19  # noqa: PLR2004  digits of a bigint
    contact = Contact.objects.filter(number=int(wanted)).first() if known else None
    wordings = variants_of(content_of(campaign, request.site))
    place = {str(at): one for at, one in enumerate(wordings)}
    parts = filled_for(place.get(request.GET.get("variant", ""), wordings[0]), contact)
    if request.GET.get("part") == "text":
        return HttpResponse(parts["text"], content_type="text/plain; charset=utf-8")
    return framed(parts["html"])
