"""When this happens, do that. What allauth does is told by signals: it has no other seam here."""

from typing import Any

from allauth.account.signals import authentication_step_completed
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.demands import note_set_up
from accounts.events import FactorsRemoved
from accounts.mails import factors_removed_letter
from accounts.models import User
from comm100.core.events import together_with


@receiver(authentication_step_completed)
def who_proves_it_again_gets_a_new_session_name(
    request: HttpRequest, reauthenticated: bool = False, **facts: Any
) -> None:
    """What was known of the session before the proof opens nothing after it (P10.5)."""
    if reauthenticated:
        request.session.cycle_key()


@receiver(authenticator_added)
def who_sets_up_a_factor_has_shown_it(
    request: HttpRequest, authenticator: Authenticator, **facts: Any
) -> None:
    """Its first code, or the touch of the key, was asked for: not twice in a minute."""
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        note_set_up(request)


@together_with(FactorsRemoved)
def the_person_is_told_that_factors_are_gone(event: FactorsRemoved) -> None:
    factors_removed_letter(User.objects.get(pk=event.user_id)).send()
