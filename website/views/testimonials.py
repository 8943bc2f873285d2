"""What customers say: the public page, and the page of the customer (P5.1, P5.5, P5.6)."""

from django.contrib import messages
from django.core.mail import EmailMultiAlternatives
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import Site
from comm100.core.tenancy import working_for
from comm100.core.tokens import BadToken
from operators.permissions import anybody
from website import mails, testifying
from website.forms import OwnWordsForm, ReportForm
from website.limits import may_go_on
from website.models import Testimonial

TOO_MANY = "That were many reports in a short time. Come back in an hour."


@anybody
@require_GET
def customers(request: HttpRequest) -> HttpResponse:
    """Names, titles, words; nothing that was not agreed to, and never an e-mail address."""
    published = Testimonial.objects.published().defer("email")
    return render(request, "website/customers.html", {"published": published})


@anybody
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, number: int) -> HttpResponse:
    """Anybody tells the company what is wrong with something on the page."""
    testimonial = get_object_or_404(Testimonial.objects.published(), pk=number)
    form = ReportForm(request.POST or None)
    facts, status = {"form": form, "testimonial": testimonial}, 200
    if request.method == "POST":
        status = 422
        if form.is_valid() and not may_go_on(request, "report", an_hour=5, a_day=20):
            form.add_error(None, TOO_MANY)
        if form.is_valid():
            letter = mails.report_letter(testimonial, reason=form.cleaned_data["reason"])
            _post(letter)
            return render(request, "website/reported.html")
    return render(request, "website/report.html", facts, status=status)


@anybody
@require_http_methods(["GET", "HEAD", "POST"])
def yours(request: HttpRequest, token: str) -> HttpResponse:
    """By the link in our letter: agree, change, take back, delete. GET changes nothing."""
    try:
        testimonial = testifying.find_by_link(token)
    except BadToken:
        testimonial = None
    if testimonial is None:
        return render(request, "website/bad_link.html", status=404)
    if request.method != "POST":
        return _own_page(request, testimonial, OwnWordsForm(instance=testimonial))
    return _obey(request, testimonial)


def _obey(request: HttpRequest, testimonial: Testimonial) -> HttpResponse:
    match request.POST.get("wish"):
        case "withdraw":
            testifying.withdraw(testimonial)
            messages.success(request, "It is off our page. You may agree again at any time.")
        case "remove":
            testifying.remove(testimonial)
            return render(request, "website/testimonial_removed.html")
        case _:
            form = OwnWordsForm(request.POST, instance=Testimonial(pk=testimonial.pk))
            if not form.is_valid():
                return _own_page(request, testimonial, form, status=422)
            testifying.agree(testimonial, form.cleaned_data)
            messages.success(request, "Thank you. We post it soon and tell you by e-mail.")
    return redirect(request.path)


def _own_page(
    request: HttpRequest, testimonial: Testimonial, form: OwnWordsForm, *, status: int = 200
) -> HttpResponse:
    facts = {"testimonial": testimonial, "form": form}
    return render(request, "website/testimonial_yours.html", facts, status=status)


def _post(letter: EmailMultiAlternatives) -> None:
    with working_for(Site.objects.company().pk, kind="public"):
        letter.send()
