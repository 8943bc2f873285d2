"""Lists, and who is on them."""

from typing import Any

from django import forms

from comm100.core.addresses import normalise_email
from newsletter.models import NewsletterList
from visitors.models import Consent, Contact


class ListForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = NewsletterList
        fields = ["name", "description", "is_public"]
        help_texts = {
            "description": "Subscribers read this on the form: what comes, and how often.",
            "is_public": "Anybody can subscribe on a page of yours and confirm by mail.",
        }

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        others = NewsletterList.objects.kept().filter(name__iexact=name)
        if others.exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("You have a list with this name. Choose another one.")
        return name


class MemberForm(forms.Form):
    """One known contact onto a list."""

    email = forms.EmailField(label="E-mail of a contact", max_length=254)
    origin = forms.CharField(
        label="Where does the consent come from?",
        max_length=300,
        required=False,
        help_text="Needed when nothing is on record, for example: signed up at our stand in May.",
    )
    contact: Contact

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        known = Contact.objects.filter(email_norm=normalise_email(email)).first()
        if known is None:
            raise forms.ValidationError("No contact has this address. Add the contact first.")
        self.contact = known
        return email

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or {}
        contact: Contact | None = getattr(self, "contact", None)
        if contact and contact.consent == Consent.NONE and not facts.get("origin"):
            self.add_error("origin", "Nothing is on record for this contact. Say where it is from.")
        return facts
