"""How long what we know of our users is kept, and of their browsers."""

from datetime import timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Q

from accounts.limits import USER, in_words, limit_of
from comm100.core.retention import (
    ACCOUNT_CLOSED,
    RECORDS_DELETED,
    SITE_DELETED,
    Rule,
    Stays,
    keep,
    stay,
)

keep(
    Rule(
        key="accounts.sessions",
        model="sessions.Session",
        what="Sessions of people who signed in",
        keeps=timedelta(0),
        counted_from="expire_date",
        since="they end",
        why=f"A session ends after {in_words(limit_of(USER).idle)} without a visit, of people with "
        "more rights sooner; then nothing needs it.",
        of_company=True,
    ),
    Rule(
        key="accounts.browsers",
        model="usersessions.UserSession",
        what="Address and browser of a session, for the list of one’s sessions",
        keeps=timedelta(days=1),
        counted_from="last_seen_at",
        since="it ended",
        only=~Q(session_key__in=Session.objects.values("session_key")),
        why="It goes with its session, the night after.",
        of_company=True,
    ),
    Rule(
        key="accounts.confirmations",
        model="account.EmailConfirmation",
        what="Links that confirm an e-mail address",
        keeps=timedelta(days=settings.ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS),
        counted_from="created",
        why="They work for so long.",
        of_company=True,
    ),
)
stay(
    Stays(
        model="accounts.User",
        what="Name, e-mail address and password hash of a user",
        until=ACCOUNT_CLOSED,
        why="They sign in with it.",
    ),
    Stays(
        model="accounts.User_groups",
        what="Groups of staff",
        until=ACCOUNT_CLOSED,
        why="Rights of the company’s own people.",
    ),
    Stays(
        model="accounts.User_user_permissions",
        what="Rights of staff",
        until=ACCOUNT_CLOSED,
        why="Rights of the company’s own people.",
    ),
    Stays(
        model="account.EmailAddress",
        what="Confirmed e-mail addresses of a user",
        until=ACCOUNT_CLOSED,
        why="They sign in with them.",
    ),
    Stays(
        model="mfa.Authenticator",
        what="Passkeys and second factors of a user",
        until=f"the user removes it, or {ACCOUNT_CLOSED}",
        why="They sign in with it.",
    ),
    Stays(
        model="admin.LogEntry",
        what="What staff decided about accounts and campaigns",
        until=RECORDS_DELETED,
        why="What staff decided must be provable; it names them by their number.",
    ),
    Stays(
        model="accounts.Tombstone",
        what="That a site was deleted: day, counts, last seal of its journal",
        until=RECORDS_DELETED,
        why="It proves that everything went, and names nobody.",
    ),
    Stays(
        model="accounts.Site",
        what="Name, web address and profile of a site",
        until=SITE_DELETED,
        why="It is the site.",
    ),
)
