"""What operators type about sending domains."""

import re
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings

from mail.models import SendingDomain

_NAME = re.compile(
    r"(?=.{4,240}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
)
_SENDER = re.compile(r"[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?")


class SenderField(forms.CharField):
    """What stands before the @."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            label="Campaigns leave from",
            max_length=64,
            widget=forms.TextInput({"autocapitalize": "none", "spellcheck": "false"}),
            error_messages={"required": "Write what stands before the @, like news."},
            **options,
        )

    def clean(self, value: Any) -> str:
        sender: str = super().clean(value).lower()
        if not _SENDER.fullmatch(sender) or ".." in sender:
            raise forms.ValidationError(
                "Only letters, digits, dots, hyphens: what stands before the @, like news."
            )
        return sender


class DomainForm(forms.Form):
    """A domain to be added; a web or mail address will do, the domain is taken out of it."""

    name = forms.CharField(
        label="Domain",
        max_length=300,
        widget=forms.TextInput(
            {"placeholder": "shop.example", "autocapitalize": "none", "spellcheck": "false"}
        ),
        help_text="What stands after the @ of your mail addresses.",
        error_messages={"required": "Enter a domain, like shop.example."},
    )
    sender = SenderField(initial="news", help_text="The part before the @.")

    def clean_name(self) -> str:
        name = domain_in(self.cleaned_data["name"])
        if not _NAME.fullmatch(name):
            raise forms.ValidationError("This is not a domain. Enter one like shop.example.")
        for ours in {settings.MAIL_HOST.lower(), settings.HOST.split(":")[0].lower()}:
            if name == ours or name.endswith(f".{ours}"):
                raise forms.ValidationError(
                    f"This domain is {settings.COMPANY_NAME}’s. Enter one of your own."
                )
        if SendingDomain.objects.filter(name=name).exists():
            raise forms.ValidationError("You have this domain already.")
        return name


class SenderForm(forms.Form):
    """How a domain is used."""

    sender = SenderField(help_text="The part before the @.")
    is_used = forms.BooleanField(
        label="Send campaigns from this domain",
        required=False,
        help_text="From when its records are found. One domain at a time.",
    )
    own_return_path = forms.BooleanField(
        label="Return path of its own",
        required=False,
        help_text="Bounces come back by a name of your domain, so that SPF speaks for you, too.",
    )

    @classmethod
    def of(cls, domain: SendingDomain) -> "SenderForm":
        form = cls(initial={name: getattr(domain, name) for name in cls.base_fields})
        form.fields["sender"].help_text = f"The part before @{domain.name}."
        return form


def domain_in(typed: str) -> str:
    """`https://www.Shop.example/x` and `ann@shop.example` as `shop.example`, in IDNA."""
    typed = typed.strip().lower().rpartition("@")[2]
    try:
        host = urlsplit(typed if "//" in typed else f"//{typed}").hostname or ""
        host = host.removeprefix("www.").rstrip(".")
        return host if host.isascii() else host.encode("idna").decode()
    except (UnicodeError, ValueError):
        return ""
