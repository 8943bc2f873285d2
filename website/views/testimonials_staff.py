"""Testimonials in the staff admin: write, ask, post, take down (P5.6)."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Site
from accounts.permissions import UserRequest
from comm100.core.staff import StaffPlace, offer_staff_place, staff_may, staff_page
from comm100.core.tenancy import working_for
from operators import chronicle
from website import mails, testifying
from website.forms import TestimonialForm
from website.models import Testimonial
from website.testifying import NoConsent

TESTIFY = "website.change_testimonial"


def offer_testimonials() -> None:
    offer_staff_place(
        StaffPlace(
            label="Testimonials",
            url_name="website:testimonials",
            icon="format_quote",
            permission=TESTIFY,
            order=70,
            has_own_page=True,
        )
    )
    chronicle.tell(
        testimonial_asked="asked a customer to agree to testimonial {testimonial}",
        testimonial_agreed="agreed to the words of testimonial {testimonial}",
        testimonial_published="posted testimonial {testimonial}",
        testimonial_taken_down="took testimonial {testimonial} down",
        testimonial_withdrawn="took back the consent to testimonial {testimonial}",
        testimonial_removed="deleted testimonial {testimonial}",
    )


@staff_may(TESTIFY)
@require_http_methods(["GET", "HEAD", "POST"])
def testimonials(request: UserRequest) -> HttpResponse:
    """All of them, and a form for one more."""
    form = TestimonialForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = testifying.write(form.cleaned_data, by=request.user)
        return redirect("website:testimonial", made.pk)
    facts = {"form": form, "testimonials": Testimonial.objects.for_list()}
    return staff_page(request, "staff/testimonials.html", facts, status=422 if form.errors else 200)


@staff_may(TESTIFY)
@require_http_methods(["GET", "HEAD", "POST"])
def testimonial(request: UserRequest, number: int) -> HttpResponse:
    """One: its words to change, its state, and what can be done with it now."""
    found = get_object_or_404(Testimonial.objects.for_list(), pk=number)
    form = TestimonialForm(request.POST or None, instance=Testimonial(pk=number))
    if request.method != "POST":
        return _page(request, found, TestimonialForm(instance=found))
    if not form.is_valid():
        return _page(request, found, form, status=422)
    testifying.change(found, form.cleaned_data)
    messages.success(request, "Saved.")
    return redirect("website:testimonial", number)


@staff_may(TESTIFY)
@require_POST
def asking(request: UserRequest, number: int) -> HttpResponse:
    """The letter to the customer with the link where they agree."""
    found = get_object_or_404(Testimonial, pk=number)
    testifying.ask(found, by=request.user)
    _write(found, posted=False)
    messages.success(request, f"{found.name} was asked by e-mail.")
    return redirect("website:testimonial", number)


@staff_may(TESTIFY)
@require_POST
def posting(request: UserRequest, number: int) -> HttpResponse:
    """Post it, or take it down with `down`."""
    found = get_object_or_404(Testimonial, pk=number)
    if "down" in request.POST:
        testifying.take_down(found, by=request.user)
        messages.success(request, "It is off the page.")
        return redirect("website:testimonial", number)
    try:
        testifying.publish(found, by=request.user)
    except NoConsent:
        messages.error(request, "Nothing was posted: the customer has not agreed to these words.")
    else:
        _write(found, posted=True)
        messages.success(request, "It is posted, and the customer was told.")
    return redirect("website:testimonial", number)


@staff_may(TESTIFY)
@require_POST
def removal(request: UserRequest, number: int) -> HttpResponse:
    found = get_object_or_404(Testimonial, pk=number)
    testifying.remove(found, by=request.user)
    messages.success(request, "It is deleted, with its consents.")
    return redirect("website:testimonials")


def _page(request: UserRequest, found: Testimonial, form: Any, status: int = 200) -> HttpResponse:
    facts = {"testimonial": found, "form": form, "consents": found.consents.order_by("-id")}
    return staff_page(request, "staff/testimonial.html", facts, status=status)


def _write(testimonial: Testimonial, *, posted: bool) -> None:
    link = testifying.link_of(testimonial)
    with working_for(Site.objects.company().pk, kind="public"):
        mails.testimonial_letter(testimonial, link=link, posted=posted).send()
