"""The scene: the company's staff, Northwind Bikes with its people, contacts and campaigns."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from accounts.models import Site, User
from accounts.operations import found_site, register_invited
from comm100.core.tenancy import working_for
from mail.models import Lane, Outbox
from newsletter.models import Campaign, NewsletterList
from newsletter.operations.campaign import Opened, Words, make_campaign, save_campaign
from newsletter.operations.lists import make_list
from newsletter.operations.moderation import approve_campaign, open_campaign
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
NAME, CUSTOMER_LIST, CLUB_LIST = "Northwind Bikes", "Customers", "Ride club"
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
    """In three steps, each whole or not there; an interrupted scene goes on where it was.

    A moderator opens a campaign by the staff's own connection, which sees what is committed.
    """
    if not User.objects.filter(email=OWNER.email).exists():
        _submit_the_first()
    if first := _first_that_waits():
        moderator = User.objects.get(email=MODERATOR.email)
        open_campaign(first.site, first.number, by=moderator)
        _go_on(first, moderator)


@transaction.atomic
def _submit_the_first() -> None:
    """People, contacts, and a campaign that waits for a moderator."""
    _hire(STAFF, is_superuser=True)
    moderator = _hire(MODERATOR)
    codes = ["view_site", "view_user", "view_operator", "view_invitation", "add_decision"]
    moderator.user_permissions.set(Permission.objects.filter(codename__in=codes))
    owner = _person(OWNER)
    site = found_site(
        by=owner,
        web_url="https://northwind.example",
        name=NAME,
        company_address="7 Harbour Lane, Northwind",
        employees=Site.Employees.SOME,
        industry="Bicycles",
    )
    with working_for(site.pk):
        _fill(site)


def _first_that_waits() -> Campaign | None:
    site = Site.objects.filter(name=NAME, is_company=False).first()
    if site is None:
        return None
    with working_for(site.pk):
        rows = Campaign.objects.waiting().select_related("site", "mailing")
        return rows.filter(number=1, subject=TYRES.subject).first()


def _fill(site: Site) -> None:
    owner = Operator.objects.select_related("user", "site").get()
    editor = add_operator(_person(EDITOR), role=Role.EDITOR, by=owner)
    add_operator(_person(READER), role=Role.READER, by=owner)
    editor.site = site
    customers = make_list(by=owner, name=CUSTOMER_LIST, description="News from the shop, monthly.")
    club = make_list(by=owner, name=CLUB_LIST, description="Rides, routes and cake.")
    everybody = list(people(CONTACTS))
    _import("customers.csv", everybody[:CUSTOMERS], customers, by=owner)
    _import("ride-club.csv", everybody[-CLUB:], club, by=editor)
    submit_campaign(_write(TYRES, [customers, club], by=editor), by=editor)
    visits.set_up(site)
    _mail_nothing()


@transaction.atomic
def _go_on(first: Campaign, moderator: User) -> None:
    """The first is approved and sent the day before yesterday; another waits, one is a draft."""
    site = first.site
    with working_for(site.pk):
        _send(first, moderator)
        editor = Operator.objects.select_related("user", "site").get(user__email=EDITOR.email)
        lists = {one.name: one for one in NewsletterList.objects.all()}
        submit_campaign(_write(RIDE, [lists[CLUB_LIST]], by=editor), by=editor)
        _write(HOURS, [lists[CUSTOMER_LIST]], by=editor)
        _mail_nothing()


def _mail_nothing() -> None:
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
        sender_name=NAME,
        reply_to="hello@northwind.example",
        body=issue.body,
        text="",
        lists=lists,
    )
    campaign = make_campaign(by=by)
    return save_campaign(campaign, words, opened=Opened(revision=campaign.revision), by=by)


def _send(campaign: Campaign, moderator: User) -> None:
    """Approved as the moderator opened it."""
    mailing = campaign.mailing
    assert mailing is not None  # noqa: S101  it was submitted
    seen = bytes(mailing.content_hash)
    approve_campaign(campaign.site, campaign.number, content_hash=seen, by=moderator)
    morning = (timezone.now() - timedelta(days=2)).replace(hour=7, minute=30, second=0)
    play_out(Campaign.objects.select_related("mailing").get(pk=campaign.pk), start=morning)
