"""Which accesses of staff somebody wants to see."""

from datetime import date
from typing import Any

from django import forms

from accounts.models import User
from privacy.auditing import Wish, staff_with_grants, usual_wish
from privacy.models import Purpose


class AuditForm(forms.Form):
    """All of it may stay blank: the last thirty days of everybody."""

    staff = forms.ModelChoiceField(
        User.objects.none(), required=False, empty_label="Everybody", label="Staff member"
    )
    site = forms.SlugField(required=False, max_length=80, label="Site")
    purpose = forms.ChoiceField(choices=[("", "Every purpose"), *Purpose.choices], required=False)
    since = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        people: Any = self.fields["staff"]
        people.queryset = staff_with_grants()
        people.label_from_instance = lambda user: user.name

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        since, until = given.get("since"), given.get("until")
        if since and until and since > until:
            self.add_error("until", "Choose a day that is not before the first.")
        return given

    def wish(self) -> Wish:
        """What was asked for, as far as it is valid."""
        usual, given = usual_wish(), self.cleaned_data if self.is_bound else {}
        until: date = given.get("until") or usual.until
        since: date = given.get("since") or min(usual.since, until)
        staff = given.get("staff")
        return Wish(
            since=since,
            until=max(until, since),
            staff=staff.pk if staff else None,
            site=given.get("site") or "",
            purpose=given.get("purpose") or "",
        )
