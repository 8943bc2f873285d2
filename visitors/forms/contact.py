"""A contact as an operator types it, with the site's custom fields."""

from typing import Any

from django import forms

from comm100.core.addresses import normalise_email
from comm100.core.zones import time_zones
from visitors.addresses import fault_of
from visitors.importing.rows import LONGEST_NAME, LONGEST_VALUE
from visitors.models import Consent, Contact, CustomField
from visitors.operations import said_no

PREFIX = "field_"


class ContactForm(forms.Form):
    email = forms.CharField(
        label="E-mail",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "inputmode": "email"}),
        error_messages={"required": "Type the e-mail address."},
    )
    name = forms.CharField(
        max_length=LONGEST_NAME, required=False, widget=forms.TextInput({"autocomplete": "off"})
    )
    time_zone = forms.ChoiceField(
        label="Time zone",
        required=False,
        help_text="For campaigns that leave at the local time of each reader.",
    )
    consent = forms.TypedChoiceField(label="Consent to marketing mail", coerce=int)
    consent_note = forms.CharField(
        label="How they agreed",
        max_length=300,
        required=False,
        help_text="Needed when you declare consent: where and when, for example “signed up at the "
        "spring fair, 12 May”. It is kept as the proof.",
    )

    def __init__(self, *args: Any, contact: Contact | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.contact = contact
        present = contact.consent if contact else Consent.NONE
        self.fields["consent"].choices = [  # type: ignore[attr-defined]
            (value, label)
            for value, label in Consent.choices
            if value != Consent.CONFIRMED or present == Consent.CONFIRMED
        ]
        self.fields["time_zone"].choices = _zones(contact)  # type: ignore[attr-defined]
        self.custom = list(CustomField.objects.order_by("label"))
        for custom in self.custom:
            self.fields[f"{PREFIX}{custom.key}"] = forms.CharField(
                label=custom.label, max_length=LONGEST_VALUE, required=False
            )
        self.initial = {**self._known(contact), **self.initial}

    def _known(self, contact: Contact | None) -> dict[str, Any]:
        if contact is None:
            return {"consent": Consent.NONE}
        values = {f"{PREFIX}{key}": value for key, value in contact.fields.items()}
        facts = ("email", "name", "time_zone", "consent", "consent_note")
        return values | {fact: getattr(contact, fact) for fact in facts}

    def custom_fields(self) -> list[forms.BoundField]:
        return [self[f"{PREFIX}{custom.key}"] for custom in self.custom]

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].strip()
        if fault := fault_of(normalise_email(email)):
            raise forms.ValidationError(fault)
        return email

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or {}
        present = self.contact.consent if self.contact else Consent.NONE
        declares = facts.get("consent") == Consent.DECLARED and present != Consent.DECLARED
        if declares and not facts.get("consent_note", "").strip():
            self.add_error("consent_note", "Say how they agreed. Without that it is no consent.")
        if facts.get("consent") and not present and self.contact and said_no(self.contact):
            self.add_error("consent", "They said no themselves. Only they can say yes again.")
        return facts

    def facts(self) -> dict[str, Any]:
        """What `add_contact` and `change_contact` take."""
        cleaned = self.cleaned_data
        values = {c.key: cleaned[f"{PREFIX}{c.key}"].strip() for c in self.custom}
        return {
            "email": cleaned["email"],
            "name": cleaned["name"].strip(),
            "time_zone": cleaned["time_zone"],
            "fields": values,
        }

    def agreement(self) -> tuple[int, str]:
        """Consent and its proof."""
        return self.cleaned_data["consent"], self.cleaned_data["consent_note"].strip()


def _zones(contact: Contact | None) -> list[tuple[str, str]]:
    """Every zone; a short name that came with an import stays too."""
    known = time_zones()
    kept = contact.time_zone if contact else ""
    names = known if not kept or kept in known else (kept, *known)
    return [("", "The one of the site"), *((zone, zone.replace("_", " ")) for zone in names)]
