"""What stands beside the tables and tells of people: in Valkey, in files, with whoever runs it.

Each app says so in its `personal_data.py`, like its tables; the data map shows both. Keys of
Valkey that tell of nobody are named, too, so a test finds one that nobody thought of.
"""

from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase

from django.conf import settings

from comm100.core.personal_data import Purpose, Whose

VALKEY = "Valkey, in its memory and in its append-only file on disk"
MACHINES = "Where whoever runs the machines puts it"


@dataclass(frozen=True, kw_only=True)
class Store:
    """One place, what stands there, and how it ends.

    keeps: the longest that it stays; None where no clock ends it. until: what ends it before, or
    in place of a clock. keys: how its keys in Valkey are called (as in a shell).
    """

    key: str  # "visitors.waiting_events"
    title: str
    whose: tuple[Whose, ...]
    purposes: tuple[Purpose, ...]
    facts: tuple[str, ...]
    where: str
    keeps: timedelta | None = None
    until: str = ""
    ends: str
    erasing: str
    keys: tuple[str, ...] = ()

    @property
    def kept(self) -> str:
        """`At most 20 seconds.`, `Until a row is made of it; at most 7 days.`"""
        longest = f"at most {_said(self.keeps)}" if self.keeps else ""
        until = f"until {self.until}" if self.until else ""
        words = "; ".join(filter(None, (until, longest)))
        return f"{words[:1].upper()}{words[1:]}."


_stores: dict[str, Store] = {}
_of_nobody: dict[str, str] = {}


def keep_beside(*stores: Store) -> None:
    for store in stores:
        if store.key in _stores:
            raise ValueError(f"{store.key} is registered twice.")
        if not (store.keeps or store.until):
            raise ValueError(f"Nobody said how long {store.key} is kept.")
        _stores[store.key] = store


def keys_of_nobody(keys: dict[str, str]) -> None:
    """Keys of Valkey, as in a shell → why they tell of no person."""
    _of_nobody.update(keys)


def every_store() -> list[Store]:
    return list(_stores.values())


def store_of(key: str) -> Store | None:
    """The store that a key of Valkey belongs to."""
    return next((s for s in _stores.values() if _is_called(key, s.keys)), None)


def tells_of_nobody(key: str) -> bool:
    return _is_called(key, tuple(_of_nobody))


def _is_called(key: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(key, pattern) for pattern in patterns)


def _said(time: timedelta) -> str:
    seconds = int(time.total_seconds())
    for size, word in ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        number, rest = divmod(seconds, size)
        if number and not rest:
            return f"{number} {word}{'s' if number > 1 else ''}"
    return f"{seconds} seconds"


def cache_keys(room: str) -> str:
    """What keys of the cache are called that begin with `room:` (comm100/core/hiding.py)."""
    return f"{settings.CACHES['default']['KEY_PREFIX']}:*:{room}:*"


EVERYBODY = (Whose.USER, Whose.CONTACT, Whose.VISITOR)
DAY = timedelta(days=1)
keep_beside(
    Store(
        key="core.counters",
        title="How often somebody tried something",
        whose=EVERYBODY,
        purposes=(Purpose.SECURITY,),
        facts=("what was tried", "how often", "a keyed code in place of IP or e-mail address"),
        where=VALKEY,
        keeps=DAY,
        ends="Each counter has a time of its own, and Valkey drops it then.",
        erasing="It is not looked for: nothing leads from a person to it but a keyed code.",
        keys=(cache_keys("often"), cache_keys("allauth"), cache_keys("other")),
    ),
    Store(
        key="core.logs",
        title="Lines of the logs",
        whose=EVERYBODY,
        purposes=(Purpose.SECURITY,),
        facts=("numbers of records, sites and people", "what failed", "who signed in, by number"),
        where=f"Standard error of the processes. {MACHINES}",
        until="whoever runs the machines deletes them",
        ends="They hold no content: addresses, secrets and tokens are cut out when a line is "
        "written, and the database is told not to write down what it was asked.",
        erasing="Numbers stay; nothing leads from them to a person who was erased.",
    ),
    Store(
        key="core.database_files",
        title="Places of deleted rows in the files of the database",
        whose=EVERYBODY,
        purposes=(Purpose.SERVICE,),
        facts=("rows that were deleted or changed",),
        where="The files and the write-ahead log of PostgreSQL, on disk",
        until="their place is used again",
        ends="The database cleans up by itself; nobody reads these places through it.",
        erasing="The rows cannot be read any more from the moment they are deleted.",
    ),
    Store(
        key="core.backups",
        title="Backups",
        whose=tuple(Whose),
        purposes=(Purpose.SECURITY,),
        facts=("everything in the tables and in uploaded files",),
        where=MACHINES,
        keeps=timedelta(days=settings.BACKUP_DAYS) if settings.BACKUP_DAYS else None,
        until="" if settings.BACKUP_DAYS else "the company overwrites them",
        ends="The oldest is overwritten.",
        erasing="What was erased stays in them for so long, and is used for nothing.",
    ),
)
keys_of_nobody(
    {
        cache_keys("probe"): "When a task last came through each lane.",
        cache_keys("first-steps-done"): "That a site has done its first steps.",
        "*_kombu*": "How queues are called.",
        "*unacked*": "Tasks at work: numbers of records.",
        "*celery*": "Tasks that wait: numbers of records.",
        "*transactional*": "Tasks that wait: numbers of records.",
        "*marketing*": "Tasks that wait: numbers of records.",
    }
)
