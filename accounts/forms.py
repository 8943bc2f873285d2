"""Sign-up: exactly name, web site URL, e-mail and a password are required (P2.2)."""

from typing import Any

from django import forms
from django.http import HttpRequest

from accounts import operations
from accounts.models import Site, User


class SignUpForm(forms.Form):
    """What allauth's own form (e-mail, password) is extended with."""

    name = forms.CharField(
        label="Your name", max_length=120, widget=forms.TextInput({"autocomplete": "name"})
    )
    web_url = forms.URLField(
        label="Web site URL",
        max_length=300,
        assume_scheme="https",
        widget=forms.TextInput(
            {"autocomplete": "url", "inputmode": "url", "placeholder": "northwind.example"}
        ),
    )
    company_address = forms.CharField(label="Company address", max_length=300, required=False)
    employees = forms.TypedChoiceField(
        label="Number of employees",
        choices=[("", "–"), *Site.Employees.choices],
        coerce=int,
        empty_value=None,
        required=False,
    )
    industry = forms.CharField(label="Industry", max_length=80, required=False)
    field_order = ["name", "web_url", "email", "password1"]

    def signup(self, request: HttpRequest, user: User) -> None:
        """allauth calls this in the transaction of the sign-up, after the user is saved."""
        facts: dict[str, Any] = self.cleaned_data
        user.name = facts["name"]
        user.save(update_fields=["name"])
        operations.accept_documents(by=user)
        operations.found_site(
            by=user,
            web_url=facts["web_url"],
            company_address=facts["company_address"] or None,
            employees=facts["employees"],
            industry=facts["industry"] or None,
        )
