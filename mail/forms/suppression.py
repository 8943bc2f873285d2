"""Addresses that an operator takes out of all newsletters, or lets in again."""

from typing import Any

from django import forms

from comm100.core.addresses import normalise_email
from comm100.core.uploads import no_list, no_text
from visitors.addresses import LONGEST_ADDRESS, fault_of

MOST = 50_000  # addresses at once
LARGEST = 4 * 2**20  # bytes
HEAD = 4096  # bytes that show what a file is
UTF_16 = {b"\xff\xfe", b"\xfe\xff"}
WHY = {
    "works_again": "The address works again",
    "asked_in_writing": "They asked for it in writing",
    "mistake": "It was added by mistake",
}


class SuppressForm(forms.Form):
    """Typed, pasted, or from a file: one address a line, or the first address of each row."""

    addresses = forms.CharField(
        label="Addresses",
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "placeholder": "cat@example.org"}),
        help_text="One a line. They get no newsletters, whether you know them yet or not.",
    )
    file = forms.FileField(
        label="Or a file",
        required=False,
        help_text="CSV or text, the list that another program exported. The first address in each "
        "line counts.",
    )

    def clean_file(self) -> Any:
        file: Any = self.cleaned_data["file"]
        if file and (file.size or 0) > LARGEST:
            raise forms.ValidationError("This file is larger than 4 MB. Split it.")
        if file and (words := no_list(file.read(HEAD)) or _no_text(file)):
            raise forms.ValidationError(words)
        return file

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or {}
        if "file" not in facts:
            return facts
        typed, wrong = _sorted_out(str(facts.get("addresses", "")))
        if wrong:
            self.add_error("addresses", f"This is no e-mail address: {wrong[0]}")
        from_file, _ = _sorted_out(_text(facts["file"]))  # a file may have headings
        facts["all"] = list(dict.fromkeys(typed + from_file))
        if facts["file"] and not from_file:
            self.add_error("file", "No line of this file holds an e-mail address.")
        elif not facts["all"] and not wrong:
            self.add_error("addresses", "Type an address, or choose a file.")
        if len(facts["all"]) > MOST:
            self.add_error(None, f"More than {MOST:,} addresses at once. Split them.")
        return facts


class LiftForm(forms.Form):
    why = forms.ChoiceField(
        label="Why may newsletters go there again?",
        choices=list(WHY.items()),
        widget=forms.RadioSelect,
        error_messages={"required": "Say why. The journal keeps it."},
    )


def _no_text(file: Any) -> str:
    file.seek(0)
    raw: bytes = file.read(HEAD)
    return no_text() if b"\x00" in raw and raw[:2] not in UTF_16 else ""


def _text(file: Any) -> str:
    if file is None:
        return ""
    file.seek(0)
    raw: bytes = file.read()
    return raw.decode("utf-16" if raw[:2] in UTF_16 else "utf-8-sig", "replace")


def _sorted_out(text: str) -> tuple[list[str], list[str]]:
    """The addresses, and the lines that hold none."""
    good, wrong = [], []
    for line in text.splitlines():
        cells = [cell.strip(" \t\"'<>") for cell in line.replace(";", ",").split(",")]
        likely = (cell for cell in cells if "@" in cell and len(cell) <= LONGEST_ADDRESS)
        found = next((cell for cell in likely if not fault_of(normalise_email(cell))), "")
        if found:
            good.append(found)
        elif line.strip():
            wrong.append(line.strip()[:80])
    return good, wrong
