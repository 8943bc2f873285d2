"""Public pages of a site: subscribe to a list and confirm it (double opt-in, P7.1)."""

from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from comm100.core.addresses import normalise_email
from comm100.core.throttling import may_again
from comm100.core.tokens import BadToken, ExpiredToken, read_token
from newsletter.forms.subscription import SubscriptionForm
from newsletter.mails import CONFIRM
from newsletter.models import NewsletterList, Subscriber
from newsletter.operations import subscription as operations
from newsletter.wording import wording_of
from operators.http import SiteRequest
from operators.permissions import anybody
from visitors.models import Identification
from visitors.visits.meeting import meet

# a form of a visitor's own makes a few requests, a program makes many
TRIES, TRY_SECONDS = 20, 3600  # from one IP address
MAILS, MAIL_SECONDS = 3, 3600  # to one address and list


@anybody
@csrf_exempt  # the form may stand on a web page of the site's own; it signs nobody in
@require_http_methods(["GET", "POST"])
def subscribe(request: SiteRequest, list_slug: str) -> HttpResponse:
    rows = NewsletterList.objects.kept().filter(is_public=True)
    newsletter_list = get_object_or_404(rows, slug=list_slug)
    wording = wording_of(newsletter_list, request.site.name)
    form = SubscriptionForm(request.POST or None)
    facts = {"list": newsletter_list, "form": form, "wording": wording, "too_often": False}
    if request.method == "POST":
        who = get_adapter(request).get_client_ip(request)  # behind our proxy, too
        if not may_again("subscribe", who, TRIES, TRY_SECONDS):
            facts["too_often"] = True
            return render(request, "newsletter/subscribe.html", facts, status=429)
        if form.is_valid():
            if not form.is_by_a_program:
                _request(newsletter_list, form, wording)
            return redirect("newsletter_public:subscribed", request.site.slug, list_slug)
    status = 422 if form.errors else 200
    return render(request, "newsletter/subscribe.html", facts, status=status)


def _request(newsletter_list: NewsletterList, form: SubscriptionForm, wording: str) -> None:
    """The answer is the same for everybody: it tells nothing of who is on the list."""
    email, name = form.cleaned_data["email"], form.cleaned_data["name"]
    who = f"{newsletter_list.pk} {normalise_email(email)}"
    if may_again("confirmation", who, MAILS, MAIL_SECONDS):
        operations.request_subscription(newsletter_list, email=email, name=name, wording=wording)


@anybody
def subscribed(request: SiteRequest, list_slug: str) -> HttpResponse:
    rows = NewsletterList.objects.kept().filter(is_public=True)
    newsletter_list = get_object_or_404(rows, slug=list_slug)
    return render(request, "newsletter/subscribed.html", {"list": newsletter_list})


@anybody
@csrf_exempt  # the token in the link is the proof, and the page works without cookies
@require_http_methods(["GET", "POST"])
def confirm(request: SiteRequest, token: str) -> HttpResponse:
    """GET shows a button and changes nothing: mail scanners open every link."""
    try:
        site_id, subscriber_id = read_token(CONFIRM, token)
    except ExpiredToken:
        return bad_link(request, "This link was good for seven days. Subscribe once more.")
    except (BadToken, ValueError):
        return bad_link(request)
    rows = Subscriber.objects.select_related("list", "contact")
    place = rows.filter(pk=subscriber_id, list__removed_at=None).first()
    if site_id != request.site.pk or place is None:
        return bad_link(request)
    if request.method == "POST":
        operations.confirm_subscription(place)
        where = f"list {place.list.number}"
        meet(request, place.contact, how=Identification.How.PROMOTION, where=where)
        place.refresh_from_db()
    facts = {"place": place, "done": place.state == Subscriber.State.SUBSCRIBED}
    return render(request, "newsletter/confirm.html", facts)


def bad_link(request: HttpRequest, words: str = "") -> HttpResponse:
    """Changed, cut short or too old: say what to do, and nothing about anybody."""
    return render(request, "newsletter/bad_link.html", {"words": words}, status=404)
