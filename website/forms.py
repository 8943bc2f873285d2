"""The contact form: name, web site URL and e-mail are required, nothing else is (P2.2)."""

from django import forms

from accounts.fields import AddressField, NameField, WebUrlField


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
