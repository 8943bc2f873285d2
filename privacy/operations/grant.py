"""Grants: asked for, approved, admitted, closed, objected to, and used for one record (P9.3).

Each is one function of the database, which takes who acts from the signed context and writes the
journal with it. Staff act through their own connection; the site through its own context.
"""

from collections.abc import Sequence
from typing import Any

from django.db import Error, connection, connections, models, transaction

from accounts.models import Site, User
from comm100.core.events import Event, publish
from comm100.core.tenancy import reading_as_staff
from privacy.events import (
    GrantAdmitted,
    GrantApproved,
    GrantClosed,
    GrantObjected,
    GrantOpened,
    RecordViewed,
)
from privacy.models import AccessGrant


class GrantRefused(Exception):
    """The database refused; the message says why, in words for the person who asked."""


def open_grant(
    site: Site, *, purpose: str, reason: str, reference: str, minutes: int, by: User
) -> AccessGrant:
    """Ask to look at single records of a site. It may wait for a second person and for the site.

    Raises GrantRefused when the database does not take what was given.
    """
    given = [site.pk, purpose, reason, reference, minutes]
    grant_id = as_staff(by, "open_grant", given)
    _tell(GrantOpened(site_id=site.pk, grant_id=grant_id))
    return grant_of(grant_id, by=by)


def approve_grant(grant: AccessGrant, *, by: User) -> None:
    """The second person. Raises GrantRefused unless it waits for somebody else than the asker."""
    as_staff(by, "second_grant", [grant.pk])
    _tell(GrantApproved(site_id=grant.site_id, grant_id=grant.pk))


def close_grant(grant: AccessGrant, *, by: User) -> None:
    """End it before its time. Safe to repeat."""
    if as_staff(by, "close_grant", [grant.pk]):
        _tell(GrantClosed(site_id=grant.site_id, grant_id=grant.pk))


@transaction.atomic
def admit_grant(grant: AccessGrant) -> None:
    """The site's click, by the user in context. Raises GrantRefused when it does not wait."""
    _as_the_site("admit_grant", [grant.pk])
    publish(GrantAdmitted(site_id=grant.site_id, grant_id=grant.pk))


@transaction.atomic
def object_to_grant(grant: AccessGrant, *, words: str) -> None:
    """The site objects: what still runs ends now. Safe to repeat."""
    if _as_the_site("object_to_grant", [grant.pk, words]):
        publish(GrantObjected(site_id=grant.site_id, grant_id=grant.pk))


def view_record(
    grant: AccessGrant, model: type[models.Model], pk: int, *, fields: Sequence[str], by: User
) -> Any:
    """Declare, commit, then read one record; None when the site has no such record.

    Raises GrantRefused without an active grant. The journal has the entry before the read,
    also when there is nothing to be seen.
    """
    declare_record(grant, model, "id", str(pk), fields=fields, by=by)
    return read_record(grant, model, pk, fields=fields, by=by)


def declare_record(
    grant: AccessGrant,
    model: type[models.Model],
    column: str,
    key: str,
    *,
    fields: Sequence[str],
    by: User,
) -> int | None:
    """Write into the journal which record is going to be read; answer its id, None without one.

    The record is the one whose `column` ("id", "number", "email_norm") is `key` at the grant's
    site. Raises GrantRefused without an active grant, or after a hundred records.
    """
    given = [model._meta.db_table, column, key, list(fields)]
    pk, seq = as_staff(by, "declare_found", given, grant_id=grant.pk)
    _tell(RecordViewed(site_id=grant.site_id, grant_id=grant.pk, seq=seq))
    return pk  # type: ignore[no-any-return]


def read_record(
    grant: AccessGrant, model: type[models.Model], pk: int, *, fields: Sequence[str], by: User
) -> Any:
    """The declared record; None when it was not declared within five minutes, or is not there."""
    with reading_as_staff(by.pk, grant_id=grant.pk):
        rows = model._default_manager.using("staff").only("pk", *fields)
        return rows.filter(site_id=grant.site_id, pk=pk).first()


def grant_of(grant_id: int, *, by: User) -> AccessGrant:
    with reading_as_staff(by.pk):
        return AccessGrant.objects.using("staff").for_list().get(pk=grant_id)


def as_staff(by: User, function: str, given: Sequence[Any], *, grant_id: int = 0) -> Any:
    """Call a function of the database as this staff member. Raises GrantRefused with its words."""
    try:
        with reading_as_staff(by.pk, grant_id=grant_id):
            return _call("staff", function, given)
    except Error as error:
        raise GrantRefused(_words(error)) from error


def _as_the_site(function: str, given: Sequence[Any]) -> Any:
    try:
        with transaction.atomic():
            return _call("default", function, given)
    except Error as error:
        raise GrantRefused(_words(error)) from error


def _call(alias: str, function: str, given: Sequence[Any]) -> Any:
    cursor = connection.cursor() if alias == "default" else connections[alias].cursor()
    with cursor:
        places = ", ".join(["%s"] * len(given))
        cursor.execute(f"SELECT * FROM app.{function}({places})", given)  # noqa: S608  ours
        row = cursor.fetchone()
        return row[0] if len(row) == 1 else row


def _tell(event: Event) -> None:
    with transaction.atomic():
        publish(event)


def _words(error: Error) -> str:
    """The first line of what the database says: `no active grant`."""
    return str(error).strip().splitlines()[0]
