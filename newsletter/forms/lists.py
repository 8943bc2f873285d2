"""Lists, and who is on them."""

from typing import Any

from django import forms

from comm100.core.addresses import normalise_email
from newsletter.models import NewsletterList
from visitors.models import Contact
from visitors.operations import agreed_to


class ListForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = NewsletterList
        fields = ["name", "description", "kind", "is_public"]
        help_texts = {
            "description": "Subscribers read this on the form: what comes, and how often.",
            "kind": "People say yes or no to each kind. News of the product also goes to whom you "
            "know as its users; offers of partners only to people who said yes to them.",
            "is_public": "Anybody can subscribe on a page of yours and confirm by mail.",
        }
        error_messages = {"name": {"required": "Give the list a name."}}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["kind"].required = False
        if self.instance.pk and self.instance.has_been_joined:
            self.fields["kind"].disabled = True
            self.fields["kind"].help_text = "It stands: people said yes to just that."

    def clean_kind(self) -> int:
        kind: int = self.cleaned_data["kind"] or self.instance.kind
        return kind

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

    def __init__(self, *args: Any, kind: int, **options: Any) -> None:
        super().__init__(*args, **options)
        self.kind = kind

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
        said_yes = contact and agreed_to(contact, self.kind)
        if contact and not said_yes and not facts.get("origin"):
            self.add_error("origin", "Nothing is on record for this contact. Say where it is from.")
        return facts
