"""A custom field: its label."""

from django import forms


class FieldForm(forms.Form):
    label = forms.CharField(
        max_length=80,
        error_messages={"required": "Give the field a name."},
        help_text="For example City, Customer number or Plan.",
    )
