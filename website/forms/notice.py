"""What staff type of a maintenance notice: plain text, a window, and to whom (P3.2, P7.4)."""

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from accounts.models import Site
from comm100.core.zones import time_zones
from website.models import Notice

MARKUP = re.compile(r"\{\{|\}\}|\{%|<\s*/?\s*[a-z][^>]*>", re.IGNORECASE)
PLAIN = "Write plain text: no HTML, and no merge fields such as {{ name }}."
MOMENT = forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class NoticeForm(forms.ModelForm):  # type: ignore[type-arg]
    """Times are typed on the clock of the time zone beside them."""

    begins = forms.CharField(label="It begins", widget=MOMENT)
    ends = forms.CharField(label="It ends", widget=MOMENT)
    time_zone = forms.ChoiceField(
        label="Time zone",
        choices=lambda: [(zone, zone.replace("_", " ")) for zone in time_zones()],
        initial="UTC",
    )
    slug = forms.CharField(
        label="Which site",
        max_length=80,
        required=False,
        help_text="For “one site”: its name in addresses, acme of /s/acme/.",
    )
    field_order = ["subject", "text", "begins", "ends", "time_zone", "audience", "slug"]

    class Meta:
        model = Notice
        fields = ("subject", "text", "time_zone", "audience")
        labels = {"audience": "To whom"}
        widgets = {"text": forms.Textarea({"rows": 9}), "audience": forms.RadioSelect}
        help_texts = {
            "text": "What happens, what they notice, what they have to do. Plain text; when it is "
            "and why they get it stands below by itself.",
        }
        error_messages = {
            "subject": {"required": "Say in a few words what it is about."},
            "text": {"required": "Write what users have to know."},
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk:
            zone = ZoneInfo(self.instance.time_zone)
            for name, moment in (("begins", "starts_at"), ("ends", "ends_at")):
                local = getattr(self.instance, moment).astimezone(zone)
                self.initial[name] = f"{local:%Y-%m-%dT%H:%M}"
            self.initial["slug"] = self.instance.only_site.slug if self.instance.only_site else ""

    def clean_subject(self) -> str:
        return " ".join(_plain(self.cleaned_data["subject"]).split())

    def clean_text(self) -> str:
        return _plain(self.cleaned_data["text"]).replace("\r\n", "\n").strip()

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or {}
        zone = ZoneInfo(facts.get("time_zone") or "UTC")
        starts, ends = (self._moment(name, zone) for name in ("begins", "ends"))
        if starts and ends and ends <= starts:
            self.add_error("ends", "It ends before it begins.")
        facts |= {"starts_at": starts, "ends_at": ends, "only_site": self._site(facts)}
        return facts

    def facts(self) -> dict[str, Any]:
        """What website/notifying.py takes."""
        names = ("subject", "text", "starts_at", "ends_at", "time_zone", "audience", "only_site")
        return {name: self.cleaned_data[name] for name in names}

    def _moment(self, name: str, zone: ZoneInfo) -> datetime | None:
        typed = self.cleaned_data.get(name)
        if not typed:
            return None
        try:
            return datetime.fromisoformat(typed).replace(tzinfo=zone)
        except ValueError:
            self.add_error(name, "Give a day and a time.")
            return None

    def _site(self, facts: dict[str, Any]) -> Site | None:
        if facts.get("audience") != Notice.Audience.SITE:
            return None
        named = (facts.get("slug") or "").strip().strip("/").rsplit("/", 1)[-1].lower()
        found = Site.objects.filter(slug=named).first()
        if found is None:
            self.add_error("slug", "There is no such site. Look it up under Sites.")
        return found

    def _post_clean(self) -> None:
        """The operation writes; the instance stays as it is."""


def _plain(text: str) -> str:
    if MARKUP.search(text):
        raise forms.ValidationError(PLAIN)
    return text
