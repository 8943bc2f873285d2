"""The scene: the company's staff, Northwind Bikes with its people, contacts and campaigns."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.utils import timezone

from accounts.models import Site, User
from accounts.operations import found_site, register_invited
from comm100.core.tenancy import working_for
from mail.models import Lane, Mailing, Outbox
from newsletter.models import Campaign, NewsletterList
from newsletter.operations.campaign import Opened, Words, make_campaign, save_campaign
from newsletter.operations.lists import make_list
from newsletter.operations.moderation import approve_campaign
from newsletter.operations.sending import submit_campaign
from operators.models import Operator, Role
from operators.operations import add_operator
from visitors.importing import slices
from visitors.importing.dialect import Dialect
from visitors.models import Consent, Contact, Import
from visitors.operations.imports import Plan, start_import, upload
from website.demo import visits
from website.demo.letters import HOURS, RIDE, TYRES, Issue
from website.demo.names import Person, people
from website.demo.sending import play_out

PASSWORD = "two wheels good"  # noqa: S105  printed for everybody who tries the demo
CONTACTS, CUSTOMERS, CLUB = 5_000, 4_200, 1_400  # 600 are both
HEADER = ("E-mail", "Name", "City", "Bike", "Customer since")
MAPPING = {"0": "email", "1": "name", "2": "new:City", "3": "new:Bike", "4": "new:Customer since"}
REFUSED = (("not an address", "Ali"), ("ben@", "Ben"), ("carla@example", "Carla"))
ORIGIN = "Ticked the newsletter box when they bought a bicycle or joined a ride"


@dataclass(frozen=True)
class Persona:
    email: str
    name: str
    what: str


STAFF = Persona("staff@company.example", "Sam Staff", "staff of the company, superuser")
MODERATOR = Persona("moderator@company.example", "Mo Moderator", "moderator of the company")
OWNER = Persona("owner@northwind.example", "Nora North", "owner of Northwind Bikes")
EDITOR = Persona("editor@northwind.example", "Edvard Berg", "editor of Northwind Bikes")
READER = Persona("reader@northwind.example", "Rita Dahl", "reader of Northwind Bikes")
CAST = (OWNER, EDITOR, READER, MODERATOR, STAFF)


def set_up() -> None:
    """Everything, in the caller's transaction."""
    _hire(STAFF, is_superuser=True)
    moderator = _hire(MODERATOR)
    codes = ["view_site", "view_user", "view_operator", "view_invitation", "add_decision"]
    moderator.user_permissions.set(Permission.objects.filter(codename__in=codes))
    owner = _person(OWNER)
    site = found_site(
        by=owner,
        web_url="https://northwind.example",
        name="Northwind Bikes",
        company_address="7 Harbour Lane, Northwind",
        employees=Site.Employees.SOME,
        industry="Bicycles",
    )
    with working_for(site.pk):
        _fill(site, moderator)


def _fill(site: Site, moderator: User) -> None:
    owner = Operator.objects.select_related("user", "site").get()
    editor = add_operator(_person(EDITOR), role=Role.EDITOR, by=owner)
    add_operator(_person(READER), role=Role.READER, by=owner)
    editor.site = site
    customers = make_list(by=owner, name="Customers", description="News from the shop, monthly.")
    club = make_list(by=owner, name="Ride club", description="Rides, routes and cake.")
    everybody = list(people(CONTACTS))
    _import("customers.csv", everybody[:CUSTOMERS], customers, by=owner)
    _import("ride-club.csv", everybody[-CLUB:], club, by=editor)
    sent = _write(TYRES, [customers, club], by=editor)
    _send(sent, site, moderator, by=editor)
    submit_campaign(_write(RIDE, [club], by=editor), by=editor)
    _write(HOURS, [customers], by=editor)
    visits.set_up(site)
    Outbox.objects.filter(lane=Lane.TRANSACTIONAL).delete()  # letters about the demo to nobody


def _person(persona: Persona) -> User:
    """As by an invitation: the company's own site knows them with the commit, and product news
    goes to them like to everybody who has an account."""
    return register_invited(email=persona.email, name=persona.name, password=PASSWORD)


def _hire(persona: Persona, *, is_superuser: bool = False) -> User:
    user = _person(persona)
    user.is_staff, user.is_superuser = True, is_superuser
    user.save(update_fields=["is_staff", "is_superuser"])
    return user


def _import(
    name: str, rows: Iterable[Person], newsletter_list: NewsletterList, *, by: Operator
) -> None:
    """By the import that everybody uses, with a few rows that it refuses."""
    run = upload(ContentFile(_sheet(rows), name=name), by=by)
    plan = Plan(
        dialect=Dialect.stored(run.dialect),
        mapping=MAPPING,
        consent=Consent.DECLARED,
        consent_note=ORIGIN,
        destinations={"lists": [str(newsletter_list.pk)]},
        header=list(HEADER),
    )
    start_import(run, plan, by=by)
    earlier = timezone.now() - timedelta(days=9)  # so are the receipts, which nobody can change
    this = Import.objects.filter(pk=run.pk)
    this.update(created_at=earlier, started_at=earlier)
    while slices.work_slice(run.pk):
        pass
    Contact.objects.filter(imported_by=run).update(created_at=earlier)
    this.update(finished_at=earlier + timedelta(seconds=1))


def _sheet(rows: Iterable[Person]) -> bytes:
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow(HEADER)
    writer.writerows((p.email, p.name, p.city, p.bike, p.since) for p in rows)
    writer.writerows(REFUSED)
    return sheet.getvalue().encode()


def _write(issue: Issue, lists: list[NewsletterList], *, by: Operator) -> Campaign:
    words = Words(
        subject=issue.subject,
        preheader=issue.preheader,
        sender_name="Northwind Bikes",
        reply_to="hello@northwind.example",
        body=issue.body,
        text="",
        lists=lists,
    )
    campaign = make_campaign(by=by)
    return save_campaign(campaign, words, opened=Opened(revision=campaign.revision), by=by)


def _send(campaign: Campaign, site: Site, moderator: User, *, by: Operator) -> None:
    """Submitted, approved by the moderator, sent the day before yesterday."""
    submitted = submit_campaign(campaign, by=by)
    mailing = Mailing.objects.only("content_hash").get(pk=submitted.mailing_id or 0)
    # claimed without a look: a grant is opened by the staff's own connection, which does not see
    # what this transaction has not committed
    claim = {"claimed_by": moderator.pk, "claimed_until": timezone.now() + timedelta(minutes=1)}
    Campaign.objects.filter(pk=submitted.pk).update(**claim)
    approve_campaign(site, submitted.number, content_hash=bytes(mailing.content_hash), by=moderator)
    morning = (timezone.now() - timedelta(days=2)).replace(hour=7, minute=30, second=0)
    play_out(Campaign.objects.select_related("mailing").get(pk=submitted.pk), start=morning)
