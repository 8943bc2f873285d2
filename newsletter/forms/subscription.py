"""What a visitor types into a subscription form, ours or one on their own page."""

from typing import Any

from django import forms

from newsletter.models import NewsletterList
from visitors.addresses import fault_of


class SubscriptionForm(forms.Form):
    email = forms.CharField(
        label="Your e-mail address",
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "email", "inputmode": "email"}),
        error_messages={"required": "Type your e-mail address."},
    )
    name = forms.CharField(
        label="Your name",
        max_length=200,
        required=False,
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    # People do not see it (the page hides it), programs fill it in.
    website = forms.CharField(
        label="Leave this empty",
        required=False,
        widget=forms.TextInput({"autocomplete": "off", "tabindex": "-1"}),
    )

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].strip()
        fault = fault_of(email.lower())
        if fault:
            raise forms.ValidationError(fault)
        return email

    @property
    def is_by_a_program(self) -> bool:
        return bool(self.cleaned_data.get("website"))


class PreferencesForm(forms.Form):
    """The lists that somebody is on, and those that everybody may join."""

    lists: Any = forms.ModelMultipleChoiceField(
        label="What you get",
        queryset=None,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "One of these lists is gone. Choose again."},
    )

    def __init__(self, *args: Any, lists: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["lists"]
        field.queryset = lists
        field.label_from_instance = _label_of


def _label_of(newsletter_list: NewsletterList) -> str:
    if newsletter_list.description:
        return f"{newsletter_list.name}: {newsletter_list.description}"
    return newsletter_list.name
