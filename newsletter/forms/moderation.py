"""What a moderator says about a campaign."""

from typing import Any

from django import forms

from newsletter.models import Decision
from newsletter.reasons import REASONS

Verdict = Decision.Verdict
VERDICTS = {
    "approve": Verdict.APPROVED,
    "changes": Verdict.CHANGES_REQUESTED,
    "reject": Verdict.REJECTED,
}


class AppealForm(forms.Form):
    """What the site answers to a rejection."""

    words = forms.CharField(
        label="Why do you disagree?",
        max_length=1000,
        min_length=20,
        widget=forms.Textarea({"rows": 4}),
        help_text="A moderator who did not decide before reads it with the campaign.",
    )


class DecisionForm(forms.Form):
    """Bound to the content that was seen, by its hash; `decision` is the button pressed."""

    decision = forms.TypedChoiceField(
        choices=[(name, name) for name in VERDICTS], coerce=VERDICTS.__getitem__
    )
    content_hash = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)
    reasons = forms.MultipleChoiceField(
        choices=[(reason.key, reason.label) for reason in REASONS.values()],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="To reject or to ask for changes, choose one or write one.",
    )
    note = forms.CharField(
        label="In your words",
        max_length=1000,
        required=False,
        widget=forms.Textarea({"rows": 4}),
        help_text="Goes to the writer and the owners.",
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        verdict = given.get("decision")
        silent = not given.get("reasons") and not given.get("note", "").strip()
        if verdict in {Verdict.CHANGES_REQUESTED, Verdict.REJECTED} and silent:
            self.add_error(
                "reasons", "Choose a reason or write one, so that the site can act on it."
            )
        return given
