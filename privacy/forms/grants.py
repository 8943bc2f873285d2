"""What staff say before they look at data: for what, why, about which matter, how long."""

from typing import Any

from django import forms

from accounts.models import Site
from privacy.models import Purpose
from privacy.models.grant import HELP, LONGEST, NEEDS_SECOND, SHORTEST_REASON

# the moderation queue opens its own
PURPOSES = [(value, label) for value, label in Purpose.choices if value != Purpose.MODERATION]
MINUTES = (
    (15, "15 minutes"), (30, "30 minutes"), (60, "1 hour"), (120, "2 hours"),
    (240, "4 hours"), (LONGEST, "8 hours"),
)  # fmt: skip


class GrantForm(forms.Form):
    """Asks for a grant; the database refuses what this form lets through."""

    site = forms.CharField(
        max_length=80, help_text="Its name in addresses: acme of /s/acme/. Or its number."
    )
    purpose = forms.ChoiceField(
        choices=PURPOSES,
        widget=forms.RadioSelect,
        help_text="A complaint, a suspected violation and a legal order need a second colleague.",
    )
    reason = forms.CharField(
        min_length=SHORTEST_REASON,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What you have to find out. The site reads this.",
        error_messages={"min_length": f"Say it in at least {SHORTEST_REASON} characters."},
    )
    reference = forms.CharField(
        min_length=3,
        max_length=120,
        help_text="The ticket, complaint or order, and the record if you know it: "
        "T-1204, campaign 12.",
        error_messages={"min_length": "Name the ticket, the complaint or the order."},
    )
    minutes = forms.TypedChoiceField(choices=MINUTES, coerce=int, initial=30, label="For how long")

    def clean_site(self) -> Site:
        named = self.cleaned_data["site"].strip().strip("/").rsplit("/", 1)[-1]
        sites = Site.objects.using("staff")
        found = sites.filter(slug=named.lower()).first()
        if found is None and named.isdecimal():
            found = sites.filter(pk=int(named[:18])).first()
        if found is None:
            raise forms.ValidationError("There is no such site. Look it up under Sites.")
        return found

    def clean_reference(self) -> str:
        return " ".join(self.cleaned_data["reference"].split())


class RecordForm(forms.Form):
    """Names one record: of which kind, and what the site calls it."""

    kind = forms.ChoiceField(label="Kind of record")
    key = forms.CharField(
        max_length=254,
        label="Number or address",
        help_text="The number as in the addresses of the site’s pages; of a contact also the "
        "e-mail address.",
    )

    def __init__(self, *args: Any, kinds: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["kind"].choices = [("", "Choose one"), *kinds]  # type: ignore[attr-defined]


def waits_for(purpose: str, *, site_waits: bool) -> list[str]:
    """Who must agree before such a grant begins, in words."""
    second = ["a second colleague"] if purpose in NEEDS_SECOND else []
    return [*second, *(["the site"] if site_waits and purpose in HELP else [])]
