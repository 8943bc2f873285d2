"""What operators type about each other."""

from typing import Any

from allauth.account.adapter import get_adapter
from django import forms

from accounts.fields import AddressField, NameField
from operators.models import Operator, Role

ABOUT_ROLES = {
    Role.OWNER: "everything, and hands over the site",
    Role.ADMIN: "everything, operators and settings too",
    Role.EDITOR: "contacts, imports and campaigns",
    Role.READER: "sees everything, changes nothing",
}


def role_field(by: Operator, **options: Any) -> forms.TypedChoiceField:
    """The roles that `by` may give, each with what it can do."""
    choices = [(role.value, f"{role.label}: {ABOUT_ROLES[role]}") for role in by.may_give]
    return forms.TypedChoiceField(label="Role", choices=choices, coerce=int, **options)


class InvitationForm(forms.Form):
    """Name, e-mail, role and nothing else (P2.5)."""

    name = NameField(label="Name", error_messages={"required": "Enter the person's name."})
    email = AddressField(widget=forms.EmailInput({"autocomplete": "off"}))

    def __init__(self, *args: Any, by: Operator, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["role"] = role_field(by, initial=Role.EDITOR.value)

    def clean(self) -> dict[str, Any]:
        if set(self.data) - set(self.fields) - {"csrfmiddlewaretoken"}:
            raise forms.ValidationError(
                "An invitation takes a name, an e-mail address and a role, nothing else."
            )
        return self.cleaned_data


class RoleForm(forms.Form):
    def __init__(self, *args: Any, by: Operator, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["role"] = role_field(by, widget=forms.RadioSelect)


class ConfirmedForm(forms.Form):
    """An act of weight: the password shows that it is the one who is signed in who asks."""

    password = forms.CharField(
        label="Your password",
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
        error_messages={"required": "Type your password to confirm."},
    )

    def __init__(self, *args: Any, by: Operator, **options: Any) -> None:
        super().__init__(*args, **options)
        self.by = by

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not get_adapter().reauthenticate(self.by.user, password):  # limited, as sign-in is
            raise forms.ValidationError("That is not your password.")
        return password


class HandoverForm(ConfirmedForm):
    """To whom the site goes."""

    def __init__(self, *args: Any, by: Operator, **options: Any) -> None:
        super().__init__(*args, by=by, **options)
        others = Operator.objects.for_list().exclude(pk=by.pk)
        self.others = {operator.number: operator for operator in others}
        self.fields["to"] = forms.TypedChoiceField(
            label="New owner",
            coerce=int,
            choices=[(n, f"{o.user.name} ({o.user.email})") for n, o in self.others.items()],
            error_messages={"required": "Choose who is to own the site."},
        )
        self.order_fields(["to", "password"])

    def clean_to(self) -> Operator:
        return self.others[self.cleaned_data["to"]]


class DeletionForm(ConfirmedForm):
    """The site's name, typed, so that nobody deletes the wrong one; and the password."""

    name = forms.CharField(
        label="Name of the site",
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": "Type the name of the site."},
    )
    field_order = ["name", "password"]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name != self.by.site.name:
            raise forms.ValidationError(f"That is not its name: it is called {self.by.site.name}.")
        return name
