from dataclasses import dataclass

from comm100.core.events import Event


@dataclass(frozen=True, kw_only=True)
class ContactEventBase(Event):
    contact_id: int


@dataclass(frozen=True, kw_only=True)
class ContactAdded(ContactEventBase):
    """Somebody new, one at a time; an import tells `ImportFinished` instead."""


@dataclass(frozen=True, kw_only=True)
class ContactChanged(ContactEventBase):
    pass


@dataclass(frozen=True, kw_only=True)
class CopyAsked(ContactEventBase):
    """Somebody wishes a copy of all that is held of them, or an operator does for them."""

    copy_id: int


@dataclass(frozen=True, kw_only=True)
class CopyMade(ContactEventBase):
    copy_id: int


@dataclass(frozen=True, kw_only=True)
class ErasureAsked(ContactEventBase):
    """From now on a contact is being erased; `by_the_contact`: nobody else wished it."""

    erasure_id: int
    by_the_contact: bool


@dataclass(frozen=True, kw_only=True)
class ChoiceMade(ContactEventBase):
    """A contact said yes or no to a kind of mail, or to pages that fit (visitors/models/choice).

    by_person: it was their own word, not what an operator noted.
    """

    kind: int
    agreed: bool
    by_person: bool


@dataclass(frozen=True, kw_only=True)
class CustomFieldRemoved(Event):
    key: str


@dataclass(frozen=True, kw_only=True)
class ImportStarted(Event):
    import_id: int
    by_id: int


@dataclass(frozen=True, kw_only=True)
class ImportFinished(Event):
    """Done, cancelled or failed: see the import's state."""

    import_id: int
