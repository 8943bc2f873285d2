"""For which site we work now: the one module that knows how scoping is done.

Row-level security in PostgreSQL is the wall: it believes only a signed context that is set
for one transaction. The managers here are the alarm: they refuse to guess.
"""

import hmac
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, ClassVar, Literal, TypeVar

from django.conf import settings
from django.db import connection, connections, models, transaction
from django.db.models.lookups import Exact
from django.db.models.sql.where import WhereNode

M_co = TypeVar("M_co", bound=models.Model, covariant=True)
DataClass = Literal["user_data", "account_data", "platform"]
CONTEXT_SECONDS = 3600


class NoSiteChosen(RuntimeError):
    """A query on user data ran before anyone said for which site."""


class AnotherSiteChosen(RuntimeError):
    """Work for one site tried to start work for another."""


@dataclass(frozen=True)
class Context:
    """Who works, for which site: what the database is told, signed."""

    kind: Literal["nobody", "user", "operator", "public", "task", "staff"] = "nobody"
    site_id: int = 0
    user_id: int = 0
    grant_id: int = 0

    def signed(self) -> str:
        """`kind.site.user.grant.expires.hmac`, as `app.context()` in fortify.sql reads it."""
        expires = int(time.time()) + CONTEXT_SECONDS
        body = f"{self.kind}.{self.site_id}.{self.user_id}.{self.grant_id}.{expires}"
        return f"{body}.{hmac.new(context_key(), body.encode(), sha256).hexdigest()}"


_context: ContextVar[Context | None] = ContextVar("context", default=None)
_across: ContextVar[bool] = ContextVar("across", default=False)


def context_key() -> bytes:
    """The 32-byte key under which contexts are signed; `fortify` tells the database."""
    return hmac.new(settings.SECRET_KEY.encode(), b"database-context", sha256).digest()


def current_context() -> Context | None:
    return _context.get()


def current_site_id() -> int | None:
    context = _context.get()
    return context.site_id or None if context else None


@contextmanager
def context(wanted: Context) -> Iterator[None]:
    """Run the body in one transaction under `wanted`; a different site inside a site is refused."""
    present = _context.get()
    if present and present.site_id and wanted.site_id != present.site_id:
        raise AnotherSiteChosen(f"site {wanted.site_id} inside work for site {present.site_id}")
    nested = connection.in_atomic_block
    with transaction.atomic():
        _tell_database(wanted)
        token = _context.set(wanted)
        try:
            yield
        finally:
            _context.reset(token)
        if nested:  # the setting lives as long as the outer transaction
            _tell_database(present)


@contextmanager
def working_for(
    site_id: int, *, kind: Literal["public", "task", "staff"] = "task"
) -> Iterator[None]:
    """Work for one site, in one transaction, on nobody's behalf or keeping who is at work."""
    present = _context.get()
    if present is None:
        wanted = Context(kind=kind, site_id=site_id)
    elif present.site_id:
        wanted = replace(present, site_id=site_id)
    else:
        wanted = replace(present, site_id=site_id, kind=kind)
    with context(wanted):
        yield


@contextmanager
def one_moment() -> Iterator[None]:
    """One transaction that only reads, and sees everything as it is at its beginning: what several
    contexts in it read agrees, whatever others write meanwhile.

    Raises RuntimeError inside another transaction: that one has seen something already.
    """
    if connection.in_atomic_block:
        raise RuntimeError("A moment takes a transaction of its own.")
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


@contextmanager
def chosen_site(site_id: int) -> Iterator[None]:
    """Remember the site without a transaction: `working_for(current_site_id())` opens each step."""
    token = _context.set(Context(kind="task", site_id=site_id))
    try:
        yield
    finally:
        _context.reset(token)


@contextmanager
def across_sites() -> Iterator[None]:
    """Lift the alarm, not the wall: for code that reads as `comm100_post` or `comm100_staff`."""
    token = _across.set(True)
    try:
        yield
    finally:
        _across.reset(token)


@contextmanager
def reading_as_staff(user_id: int, *, grant_id: int = 0) -> Iterator[None]:
    """Read with `.using("staff")` what was opened to this staff member, across sites.

    A connection of its own: it shows what was committed, so whatever opens a record writes its
    journal entry in an earlier transaction (P9.3, P9.4).
    """
    wanted = Context(kind="staff", user_id=user_id, grant_id=grant_id)
    with transaction.atomic(using="staff"), across_sites():
        _tell_database(wanted, using="staff")
        yield


def _tell_database(wanted: Context | None, *, using: str = "default") -> None:
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT set_config('app.ctx', %s, true)", [wanted.signed() if wanted else ""]
        )


class SiteManager(models.Manager[M_co]):
    """Sees the rows of one site, and refuses to guess which."""

    def get_queryset(self) -> models.QuerySet[M_co]:
        rows = super().get_queryset()
        if _across.get():
            return rows
        site_id = current_site_id()
        if site_id is None:
            raise NoSiteChosen(f"Query on {self.model.__name__} outside working_for().")
        return rows.filter(site_id=site_id)


@dataclass(frozen=True)
class Opening:
    """A role besides comm100_app that reaches a table: which verbs, on which rows (SQL)."""

    role: str
    verbs: str = "SELECT"
    rows: str = "true"


POST_READS = Opening("comm100_post")
POST_WORKS = Opening("comm100_post", "SELECT, INSERT, UPDATE, DELETE")


class SiteForeignKey(models.ForeignKey[Any, Any]):
    """A reference inside one site.

    `fortify` makes the database keep it, as FOREIGN KEY (site_id, x_id): a plain foreign key
    would cross sites, because referential checks are not bound by row-level security.
    """

    def __init__(self, to: Any, on_delete: Any, **options: Any) -> None:
        options.setdefault("db_constraint", False)
        options.setdefault("db_index", False)
        options.setdefault("related_name", "+")
        super().__init__(to, on_delete, **options)

    def get_extra_restriction(self, alias: str | None, related_alias: str | None) -> Any:
        """Joins say that both rows are of one site: so the planner knows how many there are.

        Without it a joined table has the wall's condition alone, whose value is not known when
        the plan is made: an average site, however large this one is.
        """
        if alias is None or related_alias is None:  # Django trims the join away
            return None
        theirs: Any = self.related_model._meta.get_field("site")
        ours: Any = self.model._meta.get_field("site")
        same: Any = Exact(theirs.get_col(alias), ours.get_col(related_alias))
        return WhereNode([same])


class SiteOwned(models.Model):
    """A row that belongs to exactly one site: the base of all user data."""

    data_class: ClassVar[DataClass] = "user_data"
    openings: ClassVar[tuple[Opening, ...]] = ()
    # SQL besides `site_id = app.site_id()` under which comm100_app reaches a row, "" for none
    also_reached_by: ClassVar[str] = ""
    # for tables that are filled by the million: the database checks references once a statement
    checked_by_statement: ClassVar[bool] = False
    # comm100_app only reads: rows come into being through functions of the database
    written_by_functions: ClassVar[bool] = False
    # columns that staff do not read even under a grant: secrets, not records
    hidden_from_staff: ClassVar[tuple[str, ...]] = ()

    site = models.ForeignKey("accounts.Site", models.CASCADE, related_name="+", db_index=False)

    class Meta:
        abstract = True


class Numbered(SiteOwned):
    """A row with a number that counts from 1 in each site: what URLs show."""

    number = models.PositiveBigIntegerField(editable=False)

    class Meta:
        abstract = True
