"""What a site wants to see of who looked, and what it says when it objects."""

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Q

from privacy.looks import choices
from privacy.models import AccessGrant, Purpose


class LooksForm(forms.Form):
    """The filters: each leaves out what it does not name. Days are days of the site."""

    person = forms.ChoiceField(required=False)
    purpose = forms.ChoiceField(required=False, choices=[("", "Every purpose"), *Purpose.choices])
    kind = forms.ChoiceField(required=False)
    since = forms.DateField(required=False)
    until = forms.DateField(required=False)
    grant = forms.UUIDField(required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        fields: Any = self.fields
        people, kinds = choices()
        fields["person"].choices = [("", "Everybody"), *people]
        fields["kind"].choices = [("", "Everything"), *kinds]

    def wanted(self, *, zone: str) -> Q:
        """The filter as a condition on journal entries."""
        self.is_valid()
        given: dict[str, Any] = self.cleaned_data
        wanted, grants = Q(), Q()
        if person := given.get("person"):
            grants &= Q(staff_id=person)
        if purpose := given.get("purpose"):
            grants &= Q(purpose=purpose)
        if grant := given.get("grant"):
            grants &= Q(public_id=grant)
        if grants:
            wanted &= Q(grant_id__in=AccessGrant.objects.filter(grants).values("pk"))
        if kind := given.get("kind"):
            wanted &= Q(object_table=kind)
        if since := given.get("since"):
            wanted &= Q(at__gte=datetime.combine(since, time.min, ZoneInfo(zone)))
        if until := given.get("until"):
            wanted &= Q(at__lte=datetime.combine(until, time.max, ZoneInfo(zone)))
        return wanted


class ObjectionForm(forms.Form):
    words = forms.CharField(
        label="What do you object to?",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Staff read this. The access ends as soon as you send it.",
        error_messages={"required": "Say in a few words what you object to."},
    )
    wait = forms.BooleanField(
        label="From now on, support waits for our click", required=False, initial=True
    )
