"""The address of somebody who asks for their data."""

from django import forms

from accounts.fields import AddressField


class AddressForm(forms.Form):
    email = AddressField(label="Your e-mail address")
