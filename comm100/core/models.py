"""What the ground itself keeps: the journal of each site and its counters."""

from typing import ClassVar

from django.db import connection, models
from django.db.models import Q
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from comm100.core.tenancy import POST_READS, Opening, SiteManager, SiteOwned, current_site_id


class JournalEntry(SiteOwned):
    """One provable fact about a site: append-only and hash-chained by the database.

    Rows come into being only through `app.journal_append` (see comm100.core.journal); holds
    ids, field names and hashes, never content, so that it may outlive an erasure.
    """

    written_by_functions = True
    # staff see what staff did under a grant, of every site: the access audits (P9.3)
    openings: ClassVar[tuple[Opening, ...]] = (
        Opening("comm100_staff", rows="grant_id IS NOT NULL"),
    )
    post_indexes: ClassVar[frozenset[str]] = frozenset({"journal_of_staff"})

    seq = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=60)
    action = models.CharField(max_length=60)
    object_table = models.CharField(max_length=60, blank=True)
    object_id = models.CharField(max_length=40, blank=True)
    detail = models.JSONField(default=dict)
    prev_hash = models.BinaryField()
    hash = models.BinaryField()
    # the grant under which staff acted: part of `detail`, and so of the chain
    grant_id = models.GeneratedField(
        expression=Cast(KT("detail__grant"), models.BigIntegerField()),
        output_field=models.BigIntegerField(null=True),
        db_persist=True,
    )
    xid = models.BigIntegerField(null=True)  # the transaction that wrote it

    objects = SiteManager["JournalEntry"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "seq"], name="journal_seq_once")]
        indexes = [
            models.Index(
                fields=["site", "grant_id", "object_table", "object_id"],
                condition=Q(grant_id__isnull=False),
                name="journal_grant",
            ),
            models.Index(fields=["site", "action", "-seq"], name="journal_action"),
            models.Index(fields=["site", "actor", "-seq"], name="journal_actor"),
            models.Index(
                fields=["-id"], condition=Q(grant_id__isnull=False), name="journal_of_staff"
            ),
        ]

    def __str__(self) -> str:
        return f"<JournalEntry {self.seq}>"


class JournalHead(SiteOwned):
    """The last link of a site's chain; its row lock orders the writers."""

    written_by_functions = True

    seq = models.PositiveBigIntegerField(default=0)
    hash = models.BinaryField(default=b"\x00")

    objects = SiteManager["JournalHead"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site"], name="journal_head_once")]

    def __str__(self) -> str:
        return f"<JournalHead {self.site_id}>"


class Counter(SiteOwned):
    """The last number given in a site for one kind of row."""

    name = models.CharField(max_length=40)
    last = models.PositiveBigIntegerField(default=0)

    objects = SiteManager["Counter"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "name"], name="counter_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.last}"


class RetentionRun(SiteOwned):
    """What one rule of the retention register did in one night; its tables of no site stand with
    the company's own site. A night without a row of a rule had nothing to do for it; the row of
    `nightly.LAST` says that the night is whole.
    """

    openings: ClassVar[tuple[Opening, ...]] = (POST_READS,)
    post_indexes: ClassVar[frozenset[str]] = frozenset({"retention_run_day"})

    day = models.DateField()  # UTC
    rule = models.CharField(max_length=60)
    gone = models.PositiveBigIntegerField(default=0)  # deleted or shortened
    overdue = models.PositiveIntegerField(default=0)  # left although due; counted up to a limit

    objects = SiteManager["RetentionRun"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "day", "rule"], name="retention_run_once")
        ]
        indexes = [models.Index(fields=["day", "rule"], name="retention_run_day")]

    def __str__(self) -> str:
        return f"<RetentionRun {self.day} {self.rule}>"


def take_numbers(name: str, count: int = 1) -> int:
    """Reserve `count` numbers of this site's `name` counter; answer the first of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_counter (site_id, name, last) VALUES (%s, %s, %s) "
            "ON CONFLICT (site_id, name) DO UPDATE SET last = core_counter.last + EXCLUDED.last "
            "RETURNING last",
            [current_site_id(), name, count],
        )
        (last,) = cursor.fetchone()
    return int(last) - count + 1
