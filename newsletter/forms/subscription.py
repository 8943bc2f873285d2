"""What a visitor types into a subscription form, ours or one on their own page."""

from django import forms

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
