"""What staff say before they disclose anything, and before an agent sees anybody (P6.2, P6.3)."""

import datetime
from typing import Any

from django import forms
from django.utils import timezone

from accounts.models import User
from privacy.forms.grants import GrantForm
from privacy.granting import column_for, kinds
from privacy.models import Agent
from privacy.models.grant import SHORTEST_REASON

MOST_RECORDS, YEAR = 100, datetime.timedelta(days=366)
DAY = forms.DateInput({"type": "date"})


class DisclosureForm(forms.Form):
    """An order of a court or an authority; the database refuses what this form lets through."""

    site = GrantForm.declared_fields["site"]
    order_reference = forms.CharField(
        min_length=3,
        max_length=120,
        help_text="The file number of the order. Without one nothing is disclosed.",
        error_messages={
            "required": "Name the order. Without a reference nothing is disclosed.",
            "min_length": "Name the order as its sender does.",
        },
    )
    authority = forms.CharField(
        min_length=3, max_length=200, help_text="The court or authority that demands it."
    )
    scope = forms.CharField(
        min_length=SHORTEST_REASON,
        max_length=1000,
        widget=forms.Textarea({"rows": 3}),
        help_text="What the order demands, in its words as far as you can.",
        error_messages={"min_length": f"Say it in at least {SHORTEST_REASON} characters."},
    )
    records = forms.CharField(
        label="Single records",
        widget=forms.Textarea({"rows": 4}),
        help_text="One a line, kind and number: contact 12. Never more than the order demands.",
    )
    barred_until = forms.DateField(
        label="The site may not know until",
        required=False,
        widget=DAY,
        help_text="Only where the order says so. On that day the site is told by itself.",
    )
    bar_reason = forms.CharField(
        label="What bars it", required=False, max_length=300, help_text="The article or paragraph."
    )

    clean_site = GrantForm.clean_site

    def clean_records(self) -> list[list[str]]:
        lines = [line.split() for line in self.cleaned_data["records"].splitlines() if line.strip()]
        if len(lines) > MOST_RECORDS:
            raise forms.ValidationError(f"At most {MOST_RECORDS} single records.")
        return [self._record(words) for words in lines]

    def _record(self, words: list[str]) -> list[str]:
        """`contact 12` → `["visitors.contact", "12"]`."""
        name, key = " ".join(words[:-1]).lower(), words[-1]
        named = {str(page.opts.verbose_name).lower(): kind for kind, page in kinds().items()}
        kind = named.get(name) or (name if name in kinds() else None)
        if kind is None or column_for(kinds()[kind].model, key) is None:
            known = ", ".join(sorted(named))
            raise forms.ValidationError(f"“{' '.join(words)}” names no record. Kinds are: {known}.")
        return [kind, key]

    def clean_barred_until(self) -> datetime.date | None:
        until: datetime.date | None = self.cleaned_data["barred_until"]
        if until and until <= timezone.now().date():
            raise forms.ValidationError("This day is over. Leave it empty, or name a later one.")
        return until

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("barred_until") and not given.get("bar_reason", "").strip():
            self.add_error("bar_reason", "Say what in the order bars it.")
        return given


class AgentForm(forms.Form):
    """A company under contract, and the person of it who signs in here."""

    email = forms.EmailField(
        label="Who signs in",
        help_text="The address of their account here. They sign up first.",
    )
    name = forms.CharField(label="Company", max_length=120)
    contract = forms.CharField(
        min_length=3, max_length=120, help_text="The reference of the contract."
    )
    task = forms.CharField(max_length=300, help_text="What they contact people about.")
    scope = forms.TypedChoiceField(choices=Agent.Scope, coerce=int, widget=forms.RadioSelect)
    expires_on = forms.DateField(label="Until", widget=DAY, help_text="At most a year.")

    def clean_email(self) -> User:
        found = User.objects.filter(email__iexact=self.cleaned_data["email"]).first()
        if found is None:
            raise forms.ValidationError("Nobody signed up with this address.")
        if Agent.objects.filter(user=found, ended_at=None).exists():
            raise forms.ValidationError("They are an agent already. End that first.")
        return found

    def clean_expires_on(self) -> datetime.date:
        day: datetime.date = self.cleaned_data["expires_on"]
        today = timezone.now().date()
        if not today < day <= today + YEAR:
            raise forms.ValidationError("Choose a day within the next year.")
        return day
