"""How allauth does things here."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Ours differs from the default only in where people land."""

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return "/sites/"
