"""Upload of a CSV, and what its columns mean."""

from typing import Any

from django import forms
from django.conf import settings
from django.template.defaultfilters import filesizeformat

from operators.models import Operator
from visitors.destinations import every_destination
from visitors.importing.columns import (
    EMAIL,
    FIELD,
    FIRST,
    LAST,
    NAME,
    NEW_FIELD,
    SKIP,
    ZONE,
)
from visitors.importing.dialect import DELIMITERS, ENCODINGS
from visitors.importing.preview import Preview
from visitors.importing.rows import Columns, Person
from visitors.models import Consent, CustomField
from visitors.operations.imports import Plan

NO_CONSENT, OTHER = "none", "other"
ORIGINS = {
    "subscribed": "They subscribed to our newsletter",
    "customers": "They are our customers or members",
    "asked": "They gave us their address and asked for mail, on paper or in person",
    OTHER: "In another way",
    NO_CONSENT: "They have not agreed to get mail",
}
COLUMN, TO = "column_", "to_"


def too_large() -> str:
    return (
        f"The file is larger than {filesizeformat(settings.UPLOAD_LIMIT)}. "
        "Split it into smaller files and import them one after the other."
    )


class UploadForm(forms.Form):
    file = forms.FileField(
        label="CSV file",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv,text/plain"}),
        error_messages={
            "required": "Choose the CSV file first.",
            "empty": "This file is empty. Choose one with a row for each contact.",
        },
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > settings.UPLOAD_LIMIT:
            raise forms.ValidationError(too_large())
        return file


class DialectForm(forms.Form):
    """How the file is read, where the guess was wrong."""

    encoding = forms.ChoiceField(label="Letters", choices=list(ENCODINGS.items()))
    delimiter = forms.ChoiceField(label="Cells are separated by", choices=list(DELIMITERS.items()))
    header = forms.TypedChoiceField(
        label="First row",
        choices=[("1", "holds the names of the columns"), ("0", "is a contact already")],
        coerce=lambda value: value == "1",
    )


class MappingForm(forms.Form):
    """What each column becomes, how the people agreed, where they go."""

    origin = forms.ChoiceField(
        label="How did these people agree to get mail from you?",
        choices=list(ORIGINS.items()),
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how these people agreed."},
    )
    origin_note = forms.CharField(
        label="Where and when",
        max_length=200,
        required=False,
        help_text="Kept with each contact as the proof, for example “shop check-out, 2024”.",
    )

    def __init__(self, *args: Any, preview: Preview, operator: Operator, **options: Any) -> None:
        super().__init__(*args, **options)
        self.preview, self.operator = preview, operator
        custom = list(CustomField.objects.order_by("label"))
        known = [(f"{FIELD}{c.key}", c.label) for c in custom]
        guesses = preview.guesses({c.key: c.label for c in custom})
        for number, title in enumerate(preview.titles):
            self.fields[f"{COLUMN}{number}"] = forms.ChoiceField(
                label=title,
                required=False,
                initial=guesses[number],
                choices=_meanings(known, title),
            )
        self.destinations = [d for d in every_destination() if d.choices(operator)]
        for place in self.destinations:
            self.fields[f"{TO}{place.name}"] = forms.MultipleChoiceField(
                label=place.label,
                help_text=place.help,
                required=False,
                choices=place.choices(operator),
                widget=forms.CheckboxSelectMultiple,
            )

    def columns(self) -> list[tuple[forms.BoundField, list[str]]]:
        """Each column with its first values."""
        return [
            (self[f"{COLUMN}{number}"], self.preview.values(number))
            for number in range(len(self.preview.titles))
        ]

    def places(self) -> list[forms.BoundField]:
        return [self[f"{TO}{place.name}"] for place in self.destinations]

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or {}
        self._check_columns(facts)
        agreed = facts.get("origin")
        if agreed == OTHER and not facts.get("origin_note"):
            self.add_error("origin_note", "Say how these people agreed.")
        for place in self.destinations:
            if agreed == NO_CONSENT and place.needs_consent and facts.get(f"{TO}{place.name}"):
                self.add_error(
                    f"{TO}{place.name}",
                    "People who have not agreed cannot be put here. Choose how they agreed, "
                    "or leave this empty.",
                )
        return facts

    def _check_columns(self, facts: dict[str, Any]) -> None:
        meanings = self._mapping(facts)
        emails = [column for column, meaning in meanings.items() if meaning == EMAIL]
        if not emails:
            self.add_error(None, "Choose the column that holds the e-mail addresses.")
        elif len(emails) == 1 and not self._holds_addresses(int(emails[0])):
            self.add_error(
                f"{COLUMN}{emails[0]}",
                "None of the first rows has an e-mail address in this column. Choose another.",
            )
        taken: dict[str, str] = {}
        for column, meaning in meanings.items():
            if meaning in taken:
                self.add_error(
                    f"{COLUMN}{column}", "Another column becomes this already. Choose one of them."
                )
            taken[meaning] = column

    def _mapping(self, facts: dict[str, Any]) -> dict[str, str]:
        return {
            name.removeprefix(COLUMN): value
            for name, value in facts.items()
            if name.startswith(COLUMN) and value != SKIP
        }

    def _holds_addresses(self, column: int) -> bool:
        read = Columns.stored({str(column): EMAIL}).read
        return any(isinstance(read(row), Person) for row in self.preview.rows)

    def plan(self) -> Plan:
        facts = self.cleaned_data
        note = ORIGINS[facts["origin"]]
        agreed = facts["origin"] != NO_CONSENT
        return Plan(
            dialect=self.preview.dialect,
            mapping=self._mapping(facts),
            consent=Consent.DECLARED if agreed else Consent.NONE,
            consent_note=f"{note}: {facts['origin_note']}" if facts["origin_note"] else note,
            destinations={p.name: facts[f"{TO}{p.name}"] for p in self.destinations},
            header=self.preview.header if self.preview.dialect.header else [],
        )


def _meanings(known: list[tuple[str, str]], title: str) -> list[Any]:
    return [
        (SKIP, "Do not import"),
        (EMAIL, "E-mail address"),
        (NAME, "Full name"),
        (FIRST, "First name"),
        (LAST, "Last name"),
        (ZONE, "Time zone"),
        ("Your fields", known),
        ("New field", [(f"{NEW_FIELD}{title}", f"New field “{title}”")]),
    ]
