"""A test of variants: its plan, and the wordings besides A."""

from typing import Any

from django import forms

from newsletter.forms.campaign import LONGEST_BODY
from newsletter.models import Campaign, Variant
from newsletter.operations.variants import Plan, Wording

LONGEST_HOURS = 72


class PlanForm(forms.Form):
    """`tracked`: which of "clicks" and "opens" the site counts."""

    share = forms.TypedChoiceField(
        label="Readers in the test",
        choices=[(n, f"{n} % of the readers") for n in (10, 20, 30, 40, 50)],
        coerce=int,
        initial=20,
        help_text="Shared out evenly among the variants. The rest waits for the winner.",
    )
    winner_by = forms.TypedChoiceField(
        label="The winner has",
        choices=Campaign.WinnerBy.choices,
        coerce=int,
        initial=Campaign.WinnerBy.CLICKS.value,
        widget=forms.RadioSelect,
    )
    decide_after = forms.IntegerField(
        label="Hours until the winner is found",
        min_value=1,
        max_value=LONGEST_HOURS,
        initial=4,
        help_text="When you choose yourself, the rest waits for you.",
    )

    def __init__(
        self, *args: Any, campaign: Campaign, tracked: dict[int, bool], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.tracked = tracked
        if campaign.is_test:
            self.initial = {
                "share": campaign.test_share,
                "winner_by": campaign.winner_by,
                "decide_after": campaign.decide_after,
            }
        elif not tracked[Campaign.WinnerBy.CLICKS]:
            self.initial = {"winner_by": Campaign.WinnerBy.HAND.value}

    def clean_winner_by(self) -> int:
        chosen: int = self.cleaned_data["winner_by"]
        if not self.tracked.get(chosen, True):
            what = Campaign.WinnerBy(chosen).label.split()[-1]
            raise forms.ValidationError(
                f"This site does not count {what}. Turn it on in the settings, or choose yourself."
            )
        return chosen

    def plan(self) -> Plan:
        return Plan(**self.cleaned_data)


class VariantForm(forms.Form):
    """B, C or D; an empty field stays as in A."""

    subject = forms.CharField(max_length=200, required=False)
    preheader = forms.CharField(
        max_length=200,
        required=False,
        help_text="The line that mail programs show behind the subject.",
    )
    body = forms.CharField(
        label="Text",
        required=False,
        max_length=LONGEST_BODY,
        widget=forms.Textarea({"rows": 8}),
        error_messages={"max_length": "The text is too long for a mail. Shorten it."},
    )

    @property
    def letter(self) -> str:
        return str(self.prefix).upper()

    @property
    def is_used(self) -> bool:
        """Whether anything stands in it, so that the page shows it open."""
        return any(field.value() or field.errors for field in self)

    def clean_subject(self) -> str:
        return " ".join(self.cleaned_data["subject"].split())

    def clean_preheader(self) -> str:
        return " ".join(self.cleaned_data["preheader"].split())

    def wording(self) -> Wording:
        return Wording(**self.cleaned_data)


def variant_forms(campaign: Campaign, data: Any = None) -> list[VariantForm]:
    known = {row.letter: row for row in campaign.in_order if campaign.is_test}
    return [
        VariantForm(data, prefix=letter.lower(), initial=_words_of(known.get(letter)))
        for letter in "BCD"[: Variant.MOST - 1]
    ]


def _words_of(row: Variant | None) -> dict[str, str]:
    return {name: getattr(row, name) for name in ("subject", "preheader", "body")} if row else {}
