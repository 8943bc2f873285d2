"""What people do with custom fields: add, rename, remove."""

from django.db import connection, transaction
from django.utils.text import slugify

from comm100.core.events import publish
from comm100.core.tenancy import current_site_id
from operators.models import Operator
from visitors.events import CustomFieldRemoved
from visitors.models import CustomField

MOST_FIELDS = 50
RESERVED = {"email", "name", "first_name", "last_name", "unsubscribe", "site"}


class TooManyFields(ValueError):
    """A site keeps at most MOST_FIELDS custom fields."""


@transaction.atomic
def add_field(*, label: str, by: Operator) -> CustomField:
    """A custom field with this label: the one that is there, or a new one.

    Raises:
        TooManyFields
    """
    there = list(CustomField.objects.all())
    same = next((f for f in there if f.label.casefold() == label.casefold()), None)
    if same:
        return same
    if len(there) >= MOST_FIELDS:
        raise TooManyFields(MOST_FIELDS)
    key = _free_key(label, {f.key for f in there} | RESERVED)
    return CustomField.objects.create(site_id=by.site_id, key=key, label=label)


@transaction.atomic
def rename_field(field: CustomField, *, label: str, by: Operator) -> CustomField:
    """Another label; the key stays, because letters name it."""
    field.label = label
    field.save(update_fields=["label"])
    return field


@transaction.atomic
def remove_field(field: CustomField, *, by: Operator) -> None:
    """Forget a field; its values are erased from the contacts in the background."""
    publish(CustomFieldRemoved(site_id=field.site_id, key=field.key))
    field.delete()


def erase_values(key: str, after: int, count: int) -> int:
    """Take `key` out of the next contacts after id `after`; answer the last id, 0 at the end."""
    with connection.cursor() as cursor:
        cursor.execute(
            # the sub-select: no whole site is sorted while statistics do not know this one
            "WITH next AS (SELECT id, fields FROM visitors_contact "
            "WHERE site_id = (SELECT %s) AND id > %s ORDER BY id LIMIT %s), "
            "erased AS (UPDATE visitors_contact c SET fields = c.fields - %s "
            "FROM next WHERE c.id = next.id AND c.site_id = (SELECT %s) AND next.fields ? %s) "
            "SELECT coalesce(max(id), 0) FROM next",
            [current_site_id(), after, count, key, current_site_id(), key],
        )
        (last,) = cursor.fetchone()
    return int(last)


def _free_key(label: str, taken: set[str]) -> str:
    stem = slugify(label).replace("-", "_")[:36] or "field"
    if stem not in taken:
        return stem
    return next(f"{stem}_{n}" for n in range(2, 1000) if f"{stem}_{n}" not in taken)
