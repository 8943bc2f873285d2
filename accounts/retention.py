"""How long what we know of our users is kept, and of their browsers."""

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.db.models import Q

from comm100.core.retention import Rule, Stays, keep, stay

ACCOUNT = "the account is closed"
keep(
    Rule(
        key="accounts.sessions",
        model="sessions.Session",
        what="Sessions of people who signed in",
        keeps=timedelta(0),
        counted_from="expire_date",
        why="A session ends after two weeks without a visit; then nothing needs it.",
        of_company=True,
    ),
    Rule(
        key="accounts.browsers",
        model="usersessions.UserSession",
        what="Address and browser of a session, for the list of one’s sessions",
        keeps=timedelta(days=1),
        counted_from="last_seen_at",
        only=~Q(session_key__in=Session.objects.values("session_key")),
        why="It goes with its session, the night after.",
        of_company=True,
    ),
    Rule(
        key="accounts.confirmations",
        model="account.EmailConfirmation",
        what="Links that confirm an e-mail address",
        keeps=timedelta(days=3),
        counted_from="created",
        why="They work for three days.",
        of_company=True,
    ),
)
stay(
    Stays(
        model="accounts.User",
        what="Name, e-mail address and password hash of a user",
        until=ACCOUNT,
        why="They sign in with it.",
    ),
    Stays(
        model="accounts.User_groups",
        what="Groups of staff",
        until=ACCOUNT,
        why="Rights of the company’s own people.",
    ),
    Stays(
        model="accounts.User_user_permissions",
        what="Rights of staff",
        until=ACCOUNT,
        why="Rights of the company’s own people.",
    ),
    Stays(
        model="account.EmailAddress",
        what="Confirmed e-mail addresses of a user",
        until=ACCOUNT,
        why="They sign in with them.",
    ),
    Stays(
        model="mfa.Authenticator",
        what="Passkeys and second factors of a user",
        until="the user removes it",
        why="They sign in with it.",
    ),
    Stays(
        model="accounts.Tombstone",
        what="That a site was deleted: day, counts, last seal of its journal",
        until="the company deletes its records",
        why="It proves that everything went, and names nobody.",
    ),
    Stays(
        model="accounts.Site",
        what="Name, web address and profile of a site",
        until="the site is deleted",
        why="It is the site.",
    ),
)
