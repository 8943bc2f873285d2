"""Sign-up and profiles: name, web site URL, e-mail are required, the rest not (P2.2, P2.3)."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from accounts import operations
from accounts.fields import NameField, WebUrlField, plain_text
from accounts.models import Site, User
from accounts.passwords import host_of, refuse_own_words
from comm100.core.documents import version_today
from comm100.core.zones import time_zones


class OptionalFacts(forms.Form):
    """What a site may tell of itself; blank is NULL, and nothing depends on it (P2.3)."""

    company_address = forms.CharField(
        label="Company address",
        max_length=300,
        required=False,
        empty_value=None,
        widget=forms.TextInput({"autocomplete": "street-address"}),
    )
    employees = forms.TypedChoiceField(
        label="Number of employees",
        choices=[("", "–"), *Site.Employees.choices],
        coerce=int,
        empty_value=None,
        required=False,
    )
    industry = forms.CharField(
        label="Industry",
        max_length=80,
        required=False,
        empty_value=None,
        validators=[plain_text],
    )


class NewsField(forms.BooleanField):
    """The chance to say no where an address is taken; it gates nothing (P3.2)."""

    def __init__(self) -> None:
        super().__init__(label="No mail about new features, please", required=False)


class SignUpForm(OptionalFacts):
    """What allauth's own form (e-mail, password) is extended with."""

    name = NameField(
        label="Your name",
        error_messages={"required": "Enter your name."},
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    web_url = WebUrlField()
    no_news = NewsField()
    field_order = ["name", "web_url", "email", "password1"]
    optional_fields: ClassVar[tuple[str, ...]] = ("company_address", "employees", "industry")

    def clean(self) -> dict[str, Any] | None:
        """A password of the site's own name is refused, which no validator could know yet."""
        facts: dict[str, Any] = super().clean() or self.cleaned_data
        if facts.get("password1"):
            names = [facts.get("name", ""), host_of(facts.get("web_url", ""))]
            try:
                refuse_own_words(facts["password1"], names)
            except ValidationError as refusal:
                self.add_error("password1", refusal)
        return facts

    @property
    def policy_version(self) -> str:
        return version_today("policy")

    @property
    def agreement_version(self) -> str:
        return version_today("agreement")

    def signup(self, request: HttpRequest, user: User) -> None:
        """allauth calls this in the transaction of the sign-up, after the user is saved."""
        facts: dict[str, Any] = self.cleaned_data
        operations.rename_user(user, name=facts["name"])
        operations.accept_documents(by=user, no_news=facts["no_news"])
        operations.found_site(
            by=user,
            web_url=facts["web_url"],
            **{name: facts[name] for name in self.optional_fields},
        )


class NewSiteForm(forms.Form):
    """Another site for somebody who has an account."""

    name = NameField(label="Name of the site", required=False, help_text="Blank: the web address.")
    web_url = WebUrlField()


class SiteProfileForm(OptionalFacts):
    """Every field that a site registered with, and its time zone (P8.1)."""

    name = NameField(
        label="Name of the site", error_messages={"required": "Enter a name for the site."}
    )
    web_url = WebUrlField()
    time_zone = forms.ChoiceField(
        label="Time zone",
        choices=lambda: [(zone, zone.replace("_", " ")) for zone in time_zones()],
        help_text="For times that you choose, such as when a campaign is sent.",
    )
    track_opens = forms.BooleanField(
        label="Count opens of the newsletter",
        required=False,
        help_text="Letters get a picture of one dot, and we count how often it is loaded: one "
        "number for each campaign, nothing about a person. The footer of the letters says so. "
        "It holds for campaigns that are submitted from then on.",
    )
    track_clicks = forms.BooleanField(
        label="Count clicks in the newsletter",
        required=False,
        help_text="Web links in letters lead through this server, and we count how often: one "
        "number for each campaign, nothing about a person. The footer of the letters says so. "
        "It holds for campaigns that are submitted from then on.",
    )
    field_order = ["name", "web_url", "time_zone"]


class ProfileForm(forms.Form):
    name = NameField(
        label="Your name",
        error_messages={"required": "Enter your name."},
        widget=forms.TextInput({"autocomplete": "name"}),
    )


class JoiningForm(ProfileForm):
    """Somebody who was invited and has no account yet: the address is known, a password is not."""

    password = forms.CharField(
        label="Password",
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text="At least 10 characters.",
        error_messages={"required": "Choose a password."},
    )
    no_news = NewsField()

    def __init__(self, *args: Any, email: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.email = email

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        named = User(email=self.email, name=self.cleaned_data.get("name", ""))
        operations.check_password(password, user=named)
        return password
