"""What the campaign editor holds, when it goes out, and whom a test goes to."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.crypto import get_random_string

from newsletter.models import Campaign, NewsletterList
from newsletter.operations.campaign import Opened, Words
from newsletter.timing import Schedule
from operators.models import Operator

TIMED = {"later", "local"}
NO_TIME = "Give a day and a time."
PASSED = "This time has passed. Choose a later one."
LONGEST_BODY = 200_000  # characters: a mail over 100 kB is cut off by the large providers


class CampaignForm(forms.ModelForm):  # type: ignore[type-arg]
    """The editor. Nothing is required to save a draft; the check list says what is missing."""

    lists: Any = forms.ModelMultipleChoiceField(
        queryset=None,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "One of these lists is gone. Choose again."},
    )
    body = forms.CharField(
        label="Text",
        required=False,
        max_length=LONGEST_BODY,
        widget=forms.Textarea({"rows": 16}),
        error_messages={"max_length": "The text is too long for a mail. Shorten it."},
    )
    text = forms.CharField(
        label="Plain-text part",
        required=False,
        max_length=LONGEST_BODY,
        widget=forms.Textarea({"rows": 8}),
        help_text="Leave it empty, and it is made from the text above.",
    )
    revision = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    tab = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput)
    overwrite = forms.BooleanField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Campaign
        fields = ["subject", "preheader", "sender_name", "reply_to"]
        help_texts = {
            "preheader": "The line that mail programs show behind the subject.",
            "reply_to": "Answers go here.",
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["subject"].required = False
        lists: Any = self.fields["lists"]
        lists.queryset = NewsletterList.objects.for_list()
        self.initial = {
            **self.initial,
            "body": self.instance.body,
            "text": self.instance.text,
            "revision": self.instance.revision,
            "tab": get_random_string(16),
            "lists": self.instance.list_ids,
        }

    def clean_subject(self) -> str:
        return " ".join(self.cleaned_data["subject"].split())

    def clean_preheader(self) -> str:
        return " ".join(self.cleaned_data["preheader"].split())

    def clean_sender_name(self) -> str:
        return " ".join(self.cleaned_data["sender_name"].split())

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        return text.replace("\r\n", "\n")  # browsers send CRLF

    def words(self) -> Words:
        facts = dict(self.cleaned_data)
        for name in ("revision", "tab", "overwrite"):
            facts.pop(name)
        return Words(**facts)

    def opened(self) -> Opened:
        return Opened(
            **{name: self.cleaned_data[name] for name in ("revision", "tab", "overwrite")}
        )


class ScheduleForm(forms.Form):
    """Now, at a time in the time zone of the site, or at a time on each reader's clock."""

    use_required_attribute = False  # the time is hidden while it says "now"

    when = forms.ChoiceField(
        label="When",
        choices=[
            ("now", "As soon as possible"),
            ("later", "At one moment for everybody"),
            ("local", "At the local time of each reader"),
        ],
        initial="now",
        widget=forms.RadioSelect,
    )
    wanted_at = forms.CharField(
        label="Day and time",
        widget=forms.DateTimeInput({"type": "datetime-local"}),
        error_messages={"required": NO_TIME},
    )

    def __init__(self, *args: Any, zone: str, is_test: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        self.zone = zone
        self.fields["wanted_at"].required = not self.is_bound or self.data.get("when") in TIMED
        self.fields["wanted_at"].help_text = (
            f"Time zone of the site: {zone}. By local time, each reader gets it when their own "
            "clock shows this time; who has no time zone counts as here. Where the time has "
            "passed when sending starts, it leaves at once."
        )
        if is_test:  # its winner is known only hours later
            when: Any = self.fields["when"]
            when.choices = [choice for choice in when.choices if choice[0] != "local"]

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or {}
        facts["schedule"] = Schedule()
        if facts.get("when") in TIMED and "wanted_at" in facts:
            moment = self._moment(facts["wanted_at"])
            facts["schedule"] = Schedule(moment, self.zone if facts["when"] == "local" else "")
        return facts

    def _moment(self, text: str) -> datetime | None:
        try:
            moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(self.zone))
        except ValueError:
            self.add_error("wanted_at", NO_TIME)
            return None
        if moment <= timezone.now():
            self.add_error("wanted_at", PASSED)
            return None
        return moment


class SampleForm(forms.Form):
    """A test goes to somebody who works here, never to any address."""

    to: Any = forms.ModelChoiceField(label="Send to", queryset=None, empty_label=None)

    def __init__(self, *args: Any, by: Operator, **options: Any) -> None:
        super().__init__(*args, **options)
        to: Any = self.fields["to"]
        to.queryset = Operator.objects.for_list()
        to.label_from_instance = lambda operator: operator.user.email
        to.initial = by.pk
