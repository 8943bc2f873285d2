"""What is held of staff and agents, and of whom was told what."""

from django.db.models import Q

from comm100.core.personal_data import Holding, Purpose, Whose, hold, tells_of_nobody
from comm100.core.stores import Store, keep_beside
from privacy.models import (
    AccessAlert,
    AccessGrant,
    AccountCopy,
    AccountErasure,
    Agent,
    AgentDisclosure,
    LegalDisclosure,
    Told,
)
from privacy.models.wish import KEPT
from privacy.operations.account import drop_copies

PROVABLE = "Who of the company looked, and why, must be provable; it names them by their number."
PROOF = (Purpose.PROOF,)

hold(
    Holding(
        model=AccountErasure,
        title="Accounts that are being erased",
        whose=Whose.USER,
        purposes=(Purpose.SERVICE,),
        columns=("asked_at",),
        of_user=lambda person: AccountErasure.objects.filter(user=person.pk),
        stays="It is the wish itself, and goes with the last step.",
    ),
    Holding(
        model=AccountCopy,
        title="Copies of what is held of a person",
        whose=Whose.USER,
        purposes=(Purpose.SERVICE,),
        columns=("asked_at", "made_at", "expires_at", "size"),
        secrets=("stored_as",),
        of_user=lambda person: AccountCopy.objects.filter(user=person.pk),
        erase=lambda person: drop_copies(AccountCopy.objects.filter(user=person.pk)),
        erasing="The rows and the files are deleted.",
    ),
    Holding(
        model=Told,
        title="Letters about new versions of the policy",
        whose=Whose.USER,
        purposes=(Purpose.NOTICES,),
        columns=("at", "text__name", "text__since"),
        of_user=lambda person: Told.objects.filter(user=person.pk),
    ),
    Holding(
        model=Agent,
        title="Agents under contract",
        whose=Whose.STAFF,
        purposes=PROOF,
        columns=("name", "contract", "task", "scope", "created_at", "expires_on", "ended_at"),
        of_user=lambda person: Agent.objects.filter(user=person.pk),
        stays="Who may have been shown people’s addresses must be provable.",
    ),
    Holding(
        model=AgentDisclosure,
        title="Whom agents were shown",
        whose=Whose.CONTACT,
        purposes=PROOF,
        columns=("at", "fields"),
        of_contact=lambda person: AgentDisclosure.objects.filter(contact_id=person.pk),
        of_user=lambda person: AgentDisclosure.objects.filter(agent__user=person.pk),
        stays="It has the number of the person and the names of fields, no content, and proves "
        "to whom something was shown.",
    ),
    Holding(
        model=AccessGrant,
        title="Grants under which staff look at single records",
        whose=Whose.STAFF,
        purposes=PROOF,
        columns=(
            "purpose", "reason", "reference", "minutes", "opened_at", "active_from", "expires_at",
            "ended_at", "ended_by", "objection",
        ),
        of_user=lambda person: AccessGrant.objects.filter(
            Q(staff=person.pk) | Q(second=person.pk)
        ),
        stays=PROVABLE,
    ),
    Holding(
        model=AccessAlert,
        title="Remarks on how grants are used",
        whose=Whose.STAFF,
        purposes=PROOF,
        columns=("kind", "count", "at", "seen_at"),
        of_user=lambda person: AccessAlert.objects.filter(staff=person.pk),
        stays=PROVABLE,
    ),
    Holding(
        model=LegalDisclosure,
        title="Records that the law demanded",
        whose=Whose.STAFF,
        purposes=(Purpose.LAW,),
        columns=("order_reference", "authority", "scope", "asked_at", "sealed_at", "told_at"),
        harmless=("records", "bar_reason", "digest"),
        of_user=lambda person: LegalDisclosure.objects.filter(
            Q(asked_by=person.pk) | Q(approved_by=person.pk)
        ),
        stays="It has an order’s reference and numbers of records, and proves what was handed "
        "over, to whom, by whom.",
    ),
)  # fmt: skip
keep_beside(
    Store(
        key="privacy.copies",
        title="Files of copies for people with an account",
        whose=(Whose.USER,),
        purposes=(Purpose.SERVICE,),
        facts=("everything that is held of one person",),
        where="Below media/accounts/, under a random name",
        keeps=KEPT,
        ends="They are deleted by the night; what a crash left over goes a day later.",
        erasing="They are deleted.",
    )
)
tells_of_nobody(privacy_MailedHead="The seal of a site’s journal on one day.")
