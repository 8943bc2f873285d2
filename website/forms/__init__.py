"""Forms of the company's web site.

The contact form requires name, web site URL and e-mail, nothing else (P2.2); "refer a friend" asks
for the friend's name and e-mail, and for the visitor's own name (P5.2).
"""

import re
import unicodedata
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from accounts.fields import AddressField, NameField, WebUrlField
from website.models import Testimonial
from website.referring import Invitation

LOOKS_LIKE_A_HOST = re.compile(r"\w{2,}\.\w{2,}")
ONLY_A_NAME = "Write only the name: letters, spaces, hyphens and apostrophes."


def only_a_name(text: str) -> None:
    """What stands in a mail to a third person: nothing that could be a link or a message."""
    strange = [c for c in text if unicodedata.category(c)[0] not in "LM" and c not in " '’-."]
    if strange or LOOKS_LIKE_A_HOST.search(text):
        raise ValidationError(ONLY_A_NAME)


class ContactForm(forms.Form):
    name = NameField(
        label="Your name",
        error_messages={"required": "Enter your name."},
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    web_url = WebUrlField()
    email = AddressField()
    message = forms.CharField(
        label="Message",
        required=False,
        max_length=5000,
        widget=forms.Textarea({"rows": 6}),
    )
    # people do not see it, so whoever fills it in is a program
    fax = forms.CharField(required=False, widget=forms.TextInput({"tabindex": "-1"}))

    @property
    def is_from_a_program(self) -> bool:
        return bool(self.cleaned_data["fax"])


class ReferralForm(forms.Form):
    friend_name = NameField(
        label="Your friend’s name",
        max_length=40,
        validators=[only_a_name],
        error_messages={"required": "Enter your friend’s name."},
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    friend_email = AddressField(
        label="Your friend’s e-mail",
        widget=forms.EmailInput({"autocomplete": "off"}),
        error_messages={"required": "Enter your friend’s e-mail address."},
    )
    own_name = NameField(
        label="Your own name",
        max_length=40,
        validators=[only_a_name],
        help_text="So that your friend knows who it was.",
        error_messages={"required": "Enter your own name."},
        widget=forms.TextInput({"autocomplete": "name"}),
    )

    @property
    def invitation(self) -> Invitation:
        return Invitation(**self.cleaned_data)


class OwnWordsForm(forms.ModelForm):  # type: ignore[type-arg]
    """What stands on the public page; the customer's own form has nothing else."""

    name = NameField(label="Name")
    title = NameField(label="Title", help_text="Such as “Head of Service”.")
    organisation = NameField(label="Organisation", required=False)
    headline = NameField(label="Headline", required=False)

    class Meta:
        model = Testimonial
        fields = ("headline", "words", "name", "title", "organisation")
        widgets: ClassVar[dict[str, Any]] = {"words": forms.Textarea({"rows": 6})}
        labels = {"words": "Words"}
        error_messages = {"words": {"required": "Write what is to be posted."}}


class TestimonialForm(OwnWordsForm):
    """As staff write it: with the address where the customer is asked."""

    email = AddressField(
        label="Customer’s e-mail", help_text="We ask for consent there. It is never shown."
    )

    class Meta(OwnWordsForm.Meta):
        fields = ("kind", *OwnWordsForm.Meta.fields, "email")  # type: ignore[assignment]
        widgets = OwnWordsForm.Meta.widgets | {"kind": forms.RadioSelect}


class ReportForm(forms.Form):
    reason = forms.CharField(
        label="What is wrong with it?",
        max_length=1000,
        widget=forms.Textarea({"rows": 5}),
        error_messages={"required": "Write in a few words what is wrong."},
    )
