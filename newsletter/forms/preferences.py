"""What somebody gets: four choices, and the lists below those that are mail."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

from newsletter.models import NewsletterList
from newsletter.operations.preferences import Wish
from visitors.choosing import sentence
from visitors.models import Kind


@dataclass(frozen=True)
class Box:
    """A list below a choice."""

    row: NewsletterList
    is_on: bool


@dataclass(frozen=True)
class ChoiceBox:
    """One choice as the page shows it."""

    name: str
    label: str
    sentence: str
    is_on: bool
    lists: list[Box]


class PreferencesForm(forms.Form):
    """A box that is not sent is off: the page is sent as a whole."""

    marketing = forms.BooleanField(required=False)
    product_news = forms.BooleanField(required=False)
    partner = forms.BooleanField(required=False)
    personalise = forms.BooleanField(required=False)
    lists = forms.TypedMultipleChoiceField(
        coerce=int,
        required=False,
        error_messages={"invalid_choice": "One of these lists is gone. Choose again."},
    )

    def __init__(
        self,
        *args: Any,
        offered: Sequence[NewsletterList],
        on: Collection[int] = (),
        chosen: Collection[int] = (),
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.offered, self.on, self.chosen = offered, on, chosen
        lists: Any = self.fields["lists"]
        lists.choices = [(row.pk, row.name) for row in offered]

    def wish(self) -> Wish:
        if "nothing" in self.data:
            return Wish(frozenset())
        ticked = {kind for kind in Kind if self.cleaned_data[kind.name.lower()]}
        lists = [row for row in self.offered if row.pk in self.cleaned_data["lists"]]
        return Wish(frozenset(ticked), lists)

    def boxes(self, site_name: str) -> list[ChoiceBox]:
        return [
            ChoiceBox(
                name=kind.name.lower(),
                label=kind.label,
                sentence=sentence(kind, site_name),
                is_on=kind in self.on,
                lists=[Box(row, row.pk in self.chosen) for row in self.offered if row.kind == kind],
            )
            for kind in Kind
        ]
