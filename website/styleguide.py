"""`/styleguide/`: every component of the kit in its states, in debug only."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from operators.permissions import anybody


class SampleForm(forms.Form):
    """One field of each kind; bound without data it shows every error."""

    name = forms.CharField(label="Name", help_text="As it should stand in letters.")
    email = forms.EmailField(label="E-mail")
    site_size = forms.ChoiceField(
        label="Employees", choices=[("1", "1–9"), ("2", "10–49")], required=False
    )
    starts = forms.DateTimeField(
        label="Start", widget=forms.DateTimeInput({"type": "datetime-local"}), required=False
    )
    text = forms.CharField(label="Text", widget=forms.Textarea, required=False)
    origin = forms.ChoiceField(
        label="Where the addresses come from",
        choices=[("shop", "Customers of our shop"), ("form", "They filled in a form")],
        widget=forms.RadioSelect,
    )
    lists = forms.MultipleChoiceField(
        label="Lists",
        choices=[("news", "News"), ("offers", "Offers")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    agree = forms.BooleanField(label="I may write to these people", help_text="You can prove it.")
    file = forms.FileField(label="CSV file", required=False)


@dataclass(frozen=True)
class SamplePage:
    newer: str = "?after=9"
    older: str = "?before=1"


@anybody
def styleguide(request: HttpRequest) -> HttpResponse:
    sample: dict[str, Any] = {"name": "", "email": "ann@", "agree": ""}
    facts = {
        "form": SampleForm(auto_id="id_%s", initial={"origin": "shop"}),
        "refused": SampleForm(sample, auto_id="refused_%s"),
        "page": SamplePage(),
        "now": timezone.now() - timedelta(minutes=18),
        "states": ["draft", "moderation_needed", "scheduled", "sending", "sent", "held"],
    }
    return render(request, "styleguide.html", facts)
