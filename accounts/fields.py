"""Form fields for what people tell of themselves: a name, a web site, an address."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, URLValidator

from comm100.core.addresses import normalise_email

LINK = re.compile(r"://|\bwww\.", re.IGNORECASE)
# control characters would break a mail's header; angle brackets look like an address or a tag
plain_text = RegexValidator(r"\A[^\x00-\x1f\x7f<>]*\Z", "Write it on one line, without < or >.")


def no_link(text: str) -> None:
    """Names stand in mails to third persons: a link there would make us a carrier of spam."""
    if LINK.search(text):
        raise ValidationError("A name cannot contain a link.")


class NameField(forms.CharField):
    """The name of a person or a site: one line, no links."""

    default_validators = [plain_text, no_link]

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", 120)
        super().__init__(**options)


class WebUrlField(forms.URLField):
    """The address of a web site; `northwind.example` is taken as https."""

    default_error_messages = {
        "required": "Enter the address of your web site.",
        "invalid": "Enter a web address, such as northwind.example.",
    }
    default_validators = [
        URLValidator(["http", "https"], message="Enter a web address, such as northwind.example.")
    ]

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", "Web site URL")
        options.setdefault("max_length", 300)
        options.setdefault(
            "widget",
            forms.TextInput(
                {"autocomplete": "url", "inputmode": "url", "placeholder": "northwind.example"}
            ),
        )
        super().__init__(assume_scheme="https", **options)


class AddressField(forms.EmailField):
    """An e-mail address, in the form that is compared."""

    default_error_messages = {
        "required": "Enter an e-mail address.",
        "invalid": "Enter an e-mail address, such as ann@northwind.example.",
    }

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", "E-mail")
        options.setdefault("max_length", 254)
        options.setdefault("widget", forms.EmailInput({"autocomplete": "email"}))
        super().__init__(**options)

    def clean(self, value: Any) -> str:
        return normalise_email(super().clean(value))
