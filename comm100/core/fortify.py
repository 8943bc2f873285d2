"""The wall, built from the models: one idempotent step after `migrate`, not one migration each.

Every table gets its grants, and every table of a `SiteOwned` model its row-level security, its
policies and its composite foreign keys. A table that was not fortified has no grants, so it is
unreadable by default. Each app may add SQL of its own in `<app>/sql/fortify.sql`.
"""

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import models

from comm100.core.database import APP, BACKUP, DEFINER, LOGIN_ROLES, OWNER, POST, PURGER, STAFF
from comm100.core.tenancy import SiteForeignKey, SiteOwned, context_key

# Tables of libraries, by hand: nothing here may hold user data (tests/test_tenancy.py).
LIBRARY_TABLES = {
    "accounts.User_groups": "account_data",
    "accounts.User_user_permissions": "account_data",
    "account.EmailAddress": "account_data",
    "account.EmailConfirmation": "account_data",
    "mfa.Authenticator": "account_data",
    "usersessions.UserSession": "account_data",
    "admin.LogEntry": "platform",
    "auth.Permission": "platform",
    "auth.Group": "platform",
    "auth.Group_permissions": "platform",
    "contenttypes.ContentType": "platform",
    "sessions.Session": "account_data",
}
NOT_FOR_STAFF = {"sessions.Session"}  # account data that opens doors
ALL_VERBS = "SELECT, INSERT, UPDATE, DELETE"
# statements of apps above, after all others: privacy lets staff read under a grant
afterwards: list[Callable[[], Iterator[str]]] = []


def every_model() -> list[type[models.Model]]:
    return [m for m in apps.get_models(include_auto_created=True) if m._meta.managed]


def data_class_of(model: type[models.Model]) -> str | None:
    """`user_data`, `account_data` or `platform`; None when nobody said (a check refuses that)."""
    return getattr(model, "data_class", None) or LIBRARY_TABLES.get(model._meta.label)


def statements() -> Iterator[str]:
    """All SQL of the wall, in order; run in one transaction as the database's administrator."""
    yield from _ground()
    for model in every_model():
        if data_class_of(model):
            yield from _grants(model)
        if issubclass(model, SiteOwned):
            yield from _site_wall(model)
    yield from _own_sql()
    for more in afterwards:
        yield from more()


def fingerprint() -> str:
    """Changes when anything in the wall would: lets a second start skip the work."""
    return sha256("\n".join(statements()).encode()).hexdigest()


def _ground() -> Iterator[str]:
    everyone = ", ".join((*LOGIN_ROLES[1:], DEFINER, PURGER))
    yield "REVOKE ALL ON SCHEMA public FROM PUBLIC"
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {everyone}"
    yield f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC, {everyone}"
    yield f"GRANT USAGE ON SCHEMA public TO {everyone}"
    yield f"GRANT USAGE, CREATE ON SCHEMA public TO {OWNER}"
    yield f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {APP}, {POST}, {STAFF}"
    yield f"GRANT SELECT ON django_migrations TO {APP}, {POST}, {STAFF}"
    yield f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {BACKUP}"
    yield (Path(__file__).parent / "sql" / "fortify.sql").read_text()


def _grants(model: type[models.Model]) -> Iterator[str]:
    table = model._meta.db_table
    verbs = "SELECT" if getattr(model, "written_by_functions", False) else ALL_VERBS
    yield f"GRANT {verbs} ON {table} TO {APP}"
    if data_class_of(model) == "account_data" and model._meta.label not in NOT_FOR_STAFF:
        yield f"GRANT SELECT ON {table} TO {STAFF}"
    for opening in getattr(model, "openings", ()):
        yield f"GRANT {opening.verbs} ON {table} TO {opening.role}"


def _site_wall(model: type[SiteOwned]) -> Iterator[str]:
    table = model._meta.db_table
    yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
    yield f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"
    mine = "site_id = (SELECT app.site_id())"
    reach = f"{mine} OR {model.also_reached_by}" if model.also_reached_by else mine
    yield from policy(table, "site_rows", f"TO {APP} USING ({reach}) WITH CHECK ({mine})")
    yield from policy(table, "definer_rows", f"TO {DEFINER} USING (true) WITH CHECK (true)")
    over = "site_id = (SELECT app.site_being_purged())"
    yield f"GRANT SELECT, DELETE ON {table} TO {PURGER}"
    yield from policy(table, "purger_rows", f"TO {PURGER} USING ({over})")
    if data_class_of(model) == "account_data":
        yield from policy(table, "staff_account_rows", f"FOR SELECT TO {STAFF} USING (true)")
    for number, opening in enumerate(model.openings):
        yield from policy(table, f"opening_{number}", f"TO {opening.role} USING ({opening.rows})")
    yield f"CREATE UNIQUE INDEX IF NOT EXISTS {table}_site_row ON {table} (site_id, id)"
    if model.checked_by_statement:
        yield from _references_by_statement(model)
    else:
        for field in _site_references(model):
            yield from _composite_key(table, field)


def policy(table: str, name: str, rule: str) -> Iterable[str]:
    return (
        f"DROP POLICY IF EXISTS {name} ON {table}",
        f"CREATE POLICY {name} ON {table} {rule}",
    )


def _site_references(model: type[SiteOwned]) -> list[models.ForeignKey[Any, Any]]:
    return [f for f in model._meta.local_fields if isinstance(f, SiteForeignKey)]


def _composite_key(table: str, field: models.ForeignKey[Any, Any]) -> Iterator[str]:
    target = field.remote_field.model._meta.db_table
    name = f"{table}_{field.column}_same_site"[:63]
    yield f"CREATE UNIQUE INDEX IF NOT EXISTS {target}_site_row ON {target} (site_id, id)"
    yield (
        f"DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = '{name}') THEN "
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (site_id, {field.column}) "
        f"REFERENCES {target} (site_id, id) DEFERRABLE INITIALLY DEFERRED; END IF; END $$"
    )


def _references_by_statement(model: type[SiteOwned]) -> Iterator[str]:
    """Triggers in the place of foreign keys, which cost 4 µs a row each (core/sql/fortify.sql)."""
    table = model._meta.db_table
    yield (
        "DO $$ DECLARE name text; BEGIN FOR name IN SELECT conname FROM pg_constraint "
        f"WHERE conrelid = '{table}'::regclass AND contype = 'f' LOOP "
        f"EXECUTE format('ALTER TABLE {table} DROP CONSTRAINT %I', name); END LOOP; END $$"
    )
    sites: type[models.Model] = model._meta.get_field("site").remote_field.model
    yield from _held_reference(table, "site_id", sites._meta.db_table, "id")
    for field in _site_references(model):
        target = field.remote_field.model._meta.db_table
        yield from _held_reference(table, field.column, target, "site_id, id")


def _held_reference(table: str, column: str, target: str, key: str) -> Iterator[str]:
    facts = f"'{table}', '{column}', '{target}', '{key}'"
    name = f"{table}_{column}"
    columns = dict.fromkeys(("site_id", column))
    old, new = (", ".join(f"{row}.{one}" for one in columns) for row in ("OLD", "NEW"))
    yield f"GRANT SELECT, UPDATE (id) ON {target} TO {DEFINER}"  # to lock what is referred to
    yield f"GRANT SELECT ON {table} TO {DEFINER}"
    yield (
        f"CREATE OR REPLACE TRIGGER {name}_held AFTER INSERT ON {table} REFERENCING NEW TABLE AS "
        f"changed FOR EACH STATEMENT EXECUTE FUNCTION app.references_hold({facts})"
    )
    yield (
        f"CREATE OR REPLACE TRIGGER {name}_holds AFTER UPDATE OF {', '.join(columns)} "
        f"ON {table} FOR EACH ROW WHEN (ROW({old}) IS DISTINCT FROM ROW({new})) "
        f"EXECUTE FUNCTION app.reference_holds({facts})"
    )
    yield from _kept_reference(name, table, column, target, key)


def _kept_reference(name: str, table: str, column: str, target: str, key: str) -> Iterator[str]:
    """A function for each reference, whose statement is planned once: put together for each row it
    takes five times as long. A plan that was made for an empty table must do for a full one, and
    one for a site that statistics do not know (the sub-select) must not read all of it.
    """
    same_site = "" if key == "id" else "site_id = (SELECT OLD.site_id) AND "
    words = f"'{column} of {table} still refers to this row of {target}'"
    yield f"""
CREATE OR REPLACE FUNCTION app.{name}_kept() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM {table} WHERE {same_site}{column} = OLD.id) THEN
    RAISE EXCEPTION {words}
      USING errcode = 'foreign_key_violation', table = '{table}', column = '{column}';
  END IF;
  RETURN NULL;
END $$"""
    yield f"ALTER FUNCTION app.{name}_kept() OWNER TO {DEFINER}"
    yield f"DROP TRIGGER IF EXISTS {name}_kept ON {target}"
    yield (
        f"CREATE CONSTRAINT TRIGGER {name}_kept AFTER DELETE ON {target} DEFERRABLE INITIALLY "
        f"DEFERRED FOR EACH ROW EXECUTE FUNCTION app.{name}_kept()"
    )


def _own_sql() -> Iterator[str]:
    for app in apps.get_app_configs():
        path = Path(app.path) / "sql" / "fortify.sql"
        if path.exists() and app.label != "core":
            yield path.read_text()
    key = context_key().ljust(64, b"\0")
    inner, outer = (bytes(b ^ pad for b in key).hex() for pad in (0x36, 0x5C))
    yield "DELETE FROM app.context_key"
    yield f"INSERT INTO app.context_key VALUES ('\\x{inner}', '\\x{outer}')"
