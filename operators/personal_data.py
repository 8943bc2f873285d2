"""What is held of people at work on a site, of those who are asked to join, and the journal."""

from django.db.models import Q, QuerySet

from accounts.models import Site
from comm100.core.models import JournalEntry
from comm100.core.personal_data import Holding, Person, Purpose, Whose, hold, tells_of_nobody
from comm100.core.stores import Store, cache_keys, keep_beside, keys_of_nobody
from operators.models import Invitation, Operator, SiteCopy


def _at_work(person: Person) -> "QuerySet[Operator]":
    return Operator.objects.filter(user=person.pk)


def _own_sites(person: Person) -> "QuerySet[Site]":
    owned = Operator.objects.owners().filter(user=person.pk).order_by()
    return Site.objects.filter(pk__in=owned.values("site"))


def _entries_of_user(person: Person) -> "QuerySet[JournalEntry]":
    names = [f"operator:{pk}" for pk in _at_work(person).values_list("pk", flat=True)]
    own = Q(actor__in=[*names, f"user:{person.pk}", f"staff:{person.pk}"])
    return JournalEntry.objects.filter(own)


def _entries_of_contact(person: Person) -> "QuerySet[JournalEntry]":
    about = Q(object_table="visitors_contact", object_id=str(person.pk))
    return JournalEntry.objects.filter(Q(actor=f"contact:{person.pk}") | about)


hold(
    Holding(
        model=Site,
        title="Sites",
        whose=Whose.USER,
        purposes=(Purpose.SERVICE,),
        columns=(
            "slug", "name", "web_url", "company_address", "employees", "industry", "time_zone",
            "created_at",
        ),
        of_user=_own_sites,
        stays="A site is handed over or deleted before its only owner’s account goes.",
    ),
    Holding(
        model=JournalEntry,
        title="The journal of a site",
        whose=Whose.USER,
        purposes=(Purpose.PROOF, Purpose.SECURITY),
        columns=("seq", "at", "actor", "action", "object_table", "object_id", "detail"),
        harmless=("prev_hash", "hash"),
        of_user=_entries_of_user,
        of_contact=_entries_of_contact,
        stays="It has numbers, names of fields and hashes, no content, and proves what happened; "
        "every entry holds the chain together.",
    ),
    Holding(
        model=Operator,
        title="People at work on a site",
        whose=Whose.USER,
        purposes=(Purpose.SERVICE, Purpose.SECURITY),
        columns=("number", "role", "created_at", "left_at"),
        of_user=_at_work,
    ),
    Holding(
        model=Invitation,
        title="Invitations to join a site",
        whose=Whose.INVITED,
        purposes=(Purpose.SERVICE,),
        columns=(
            "name", "email", "role", "created_at", "sent_at", "expires_at", "accepted_at",
            "revoked_at",
        ),
        of_user=lambda person: Invitation.objects.filter(email__in=person.addresses),
    ),
)  # fmt: skip
keep_beside(
    Store(
        key="operators.copies",
        title="Files of copies of a whole site",
        whose=(Whose.CONTACT, Whose.VISITOR, Whose.USER),
        purposes=(Purpose.SERVICE,),
        facts=("everything that the site hosts",),
        where="Below media/sites/, under a random name",
        keeps=SiteCopy.KEPT,
        ends="They are deleted by the night, and with the site; what a crash left over goes a day "
        "later.",
        erasing="Who is erased while the file is there stays in it until it is deleted.",
    ),
    Store(
        key="operators.taken_along",
        title="Copies, journals and seals that owners took along",
        whose=(Whose.CONTACT, Whose.VISITOR, Whose.USER),
        purposes=(Purpose.PROOF,),
        facts=("everything that the site hosts", "the journal as it was sealed"),
        where="With the owners of the site: on their machines, in their mailboxes",
        until="they delete it",
        ends="That is theirs to do. The journal says who fetched what, and when.",
        erasing="The owners of the site have to do it.",
    ),
)
keys_of_nobody({cache_keys("copy-progress"): "How many rows a copy of a site has by now."})
tells_of_nobody(
    core_JournalHead="The last link of a site’s chain.",
    core_Counter="Numbers that a site gave.",
    accounts_Tombstone="What remains of a deleted site: a day, counts and a hash.",
    operators_SiteCopy="That a copy of a site was made, its size and hash.",
    core_RetentionRun="How many rows went in a night.",
)
