"""Canaries: a row in every table of user data, with a telling text in every column."""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any
from zlib import crc32

import psycopg2
from django.apps import apps
from django.db import models
from django.utils import timezone

from accounts.models import Site
from comm100.core.journal import record
from comm100.core.tenancy import SiteForeignKey, SiteOwned, working_for
from mail.models import InboundMail, Outbox
from operators.models import Operator

CANARY = "canary7c1"
OF_THE_PROGRAM = {
    "dialect",
    "mapping",
    "destinations",
    "findings",
}  # structures that no person writes
AT_REST: dict[str, dict[str, Any]] = {  # nothing for the post to work on, which goes across sites
    "mail_outbox": {"state": Outbox.State.SENT},
    "mail_inboundmail": {"state": InboundMail.State.QUARANTINED},
    "visitors_visitor": {"contact": None, "identified_by": None},  # a name takes a proof
    "mail_sendingdomain": {"checking_since": datetime(2100, 1, 1, tzinfo=UTC)},  # asks no DNS
}


def owned_models() -> list[type[SiteOwned]]:
    """Every model with a site, so that a row's references come before it."""
    waiting = [m for m in apps.get_models() if issubclass(m, SiteOwned)]
    ordered: list[type[SiteOwned]] = []
    while waiting:
        free = [m for m in waiting if _needs(m) <= set(ordered)]
        ordered += free
        waiting = [m for m in waiting if m not in free]
    return ordered


def _needs(model: type[models.Model]) -> set[Any]:
    return {
        f.related_model
        for f in model._meta.local_fields
        if isinstance(f, SiteForeignKey) and f.related_model is not model and not f.null
    }


def plant(site: Site, number: int, word: str = CANARY) -> dict[str, models.Model]:
    """One row a table for `site`, numbered `number`, telling `word`; answers table name → row."""
    planted: dict[str, models.Model] = {}
    with working_for(site.pk):
        operator = Operator.objects.order_by("number").last()
        planted["operators_operator"] = operator or Operator()
        for model in owned_models():
            if model.written_by_functions or model is Operator:  # as in production
                continue
            rest = AT_REST.get(model._meta.db_table, {})
            row = model(**dict(values_of(model, site, number, planted, word)) | rest)
            row.save()
            planted[model._meta.db_table] = row
        record(f"{word}.happened", by=f"{word}:1", told=word)
    return planted


def values_of(
    model: type[SiteOwned], site: Site, number: int, planted: dict[str, models.Model], word: str
) -> Iterator[tuple[str, Any]]:
    yield "site", site
    for field in model._meta.local_fields:
        if field.primary_key or field.name in {"site", *OF_THE_PROGRAM}:
            continue
        if isinstance(field, models.GeneratedField):
            continue
        if isinstance(field, SiteForeignKey):
            yield field.name, planted.get(field.related_model._meta.db_table)
        elif field.name in {"number", "seq", "contact_id"}:
            yield field.name, number
        elif not field.is_relation:
            value = _value(field, f"{word}-{model._meta.model_name}-{field.name}")
            if value is not None:
                yield field.name, value


def _value(field: Any, name: str) -> Any:
    text = name.replace("_", "-")
    value: Any = None
    match field:
        case models.EmailField():
            value = f"{text}@{text}.example"
        case models.CharField() | models.TextField():
            value = text[: field.max_length]
        case models.JSONField():
            value = [text] if isinstance(field.get_default(), list) else {"note": text}
        case models.BinaryField():
            value = sha256(text.encode()).digest()
        case models.DateTimeField() if not field.null:
            value = timezone.now()
        case models.DateField() if not field.null:
            value = date.fromordinal(700_000 + crc32(name.encode()) % 10_000)  # another a word
        case models.IntegerField() if not field.null and not field.has_default():
            value = field.choices[0][0] if field.choices else 1
    return value


def rows_of(site: Site) -> dict[str, str]:
    """Table → a digest of all rows of `site`, read by the administrator past the wall."""
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    with connection, connection.cursor() as cursor:
        digests: dict[str, str] = {}
        for model in owned_models():
            table = model._meta.db_table
            cursor.execute(
                f"SELECT md5(coalesce(string_agg(t::text, '' ORDER BY id), '')) "
                f"FROM {table} t WHERE site_id = %s",
                [site.pk],
            )
            [(digests[table],)] = cursor.fetchall()
    connection.close()
    return digests
