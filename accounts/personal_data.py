"""What is held of people with an account, by us and by the libraries that sign them in."""

from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet

from accounts.erasing import NAMELESS, erase_user
from accounts.models import User
from accounts.sessions import NOTE_EVERY
from comm100.core.personal_data import Holding, Person, Purpose, Whose, hold
from comm100.core.stores import VALKEY, Store, cache_keys, keep_beside

GROUPS: Any = User._meta.get_field("groups").remote_field.through
RIGHTS: Any = User._meta.get_field("user_permissions").remote_field.through
SERVICE, SECURITY = (Purpose.SERVICE,), (Purpose.SECURITY,)


def _sessions(person: Person) -> "QuerySet[Session]":
    keys = UserSession.objects.filter(user=person.pk).values_list("session_key", flat=True)
    return Session.objects.filter(session_key__in=list(keys))


def _about(person: Person) -> Q:
    users = ContentType.objects.get_for_model(User)
    return Q(content_type=users, object_id=str(person.pk))


def _blank_decisions(person: Person) -> int:
    told = ~Q(object_repr=NAMELESS) | ~Q(change_message="")
    rows = LogEntry.objects.filter(_about(person) & told)
    return rows.update(object_repr=NAMELESS, change_message="")


hold(
    Holding(
        model=User,
        title="Accounts",
        whose=Whose.USER,
        purposes=(Purpose.SERVICE, Purpose.NOTICES, Purpose.SECURITY),
        columns=(
            "email", "name", "created_at", "last_login", "is_active", "is_staff",
            "policy_version", "agreement_version", "accepted_at", "known_browsers",
        ),
        secrets=("password",),
        of_user=lambda person: User.objects.filter(pk=person.pk),
        erase=lambda person: erase_user(person.pk) if person.kind == "user" else 0,
        erasing="The row is deleted. Of somebody who worked for the company, whose grants and "
        "decisions stay as proof, it stays without name, address and password.",
    ),
    Holding(
        model=GROUPS,
        title="Groups of staff",
        whose=Whose.STAFF,
        purposes=SERVICE,
        columns=("group__name",),
        of_user=lambda person: GROUPS.objects.filter(user=person.pk),
    ),
    Holding(
        model=RIGHTS,
        title="Single rights of staff",
        whose=Whose.STAFF,
        purposes=SERVICE,
        columns=("permission__codename",),
        of_user=lambda person: RIGHTS.objects.filter(user=person.pk),
    ),
    Holding(
        model=LogEntry,
        title="What staff decided about accounts and campaigns",
        whose=Whose.STAFF,
        purposes=(Purpose.PROOF,),
        columns=("action_time", "object_repr", "change_message"),
        harmless=("object_id",),
        of_user=lambda person: LogEntry.objects.filter(Q(user=person.pk) | _about(person)),
        erase=_blank_decisions,
        erasing="What was decided about an account names nobody any more.",
        stays="What staff decided must be provable; it names them by their number.",
    ),
    Holding(
        model=EmailAddress,
        title="E-mail addresses",
        whose=Whose.USER,
        purposes=SERVICE,
        columns=("email", "verified", "primary"),
        of_user=lambda person: EmailAddress.objects.filter(user=person.pk),
    ),
    Holding(
        model=EmailConfirmation,
        title="Confirmations of an e-mail address",
        whose=Whose.USER,
        purposes=SERVICE,
        columns=("created", "sent"),
        secrets=("key",),
        of_user=lambda person: EmailConfirmation.objects.filter(email_address__user=person.pk),
    ),
    Holding(
        model=Authenticator,
        title="Second factors and passkeys",
        whose=Whose.USER,
        purposes=SECURITY,
        columns=("type", "created_at", "last_used_at"),
        secrets=("data",),
        of_user=lambda person: Authenticator.objects.filter(user=person.pk),
    ),
    Holding(
        model=UserSession,
        title="Where somebody is signed in",
        whose=Whose.USER,
        purposes=SECURITY,
        columns=("created_at", "last_seen_at", "ip", "user_agent", "data"),
        secrets=("session_key",),
        of_user=lambda person: UserSession.objects.filter(user=person.pk),
    ),
    Holding(
        model=Session,
        title="Sessions",
        whose=Whose.USER,
        purposes=SECURITY,
        columns=("expire_date",),
        secrets=("session_key", "session_data"),
        of_user=_sessions,
    ),
)  # fmt: skip
keep_beside(
    Store(
        key="accounts.seen",
        title="That a session was used a moment ago",
        whose=(Whose.USER,),
        purposes=SECURITY,
        facts=("a keyed code of session and IP address",),
        where=VALKEY,
        keeps=timedelta(seconds=NOTE_EVERY),
        ends="Valkey drops each when its time is over.",
        erasing="It is gone within minutes.",
        keys=(cache_keys("seen"),),
    )
)
