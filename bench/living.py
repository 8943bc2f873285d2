"""The people of `bin/bench chaos`: a site with a campaign, and what goes on while it is sent."""

import random
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import Error, connections
from django.utils import timezone

from accounts.models import Site, User
from accounts.operations import found_site
from bench.world import CONTACTS, LETTER, SUBSCRIBERS, administrator
from comm100.core.tenancy import working_for
from mail import operations as mail
from mail.models import Mailing, Suppression
from newsletter.models import Audience, Campaign, NewsletterList
from newsletter.operations import sending
from operators.models import Operator
from visitors.models import Contact

EVERY = 0.5  # seconds between two password mails
SUPPRESSED_BEFORE = 0.01  # of the audience


@dataclass
class Scene:
    """audience: addresses. queued: addresses of password mails that were committed."""

    site_id: int
    campaign_id: int
    mailing_id: int
    audience: set[str]
    chance: random.Random
    queued: set[str] = field(default_factory=set)
    life_may_end: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        with working_for(self.site_id):
            sending.start_campaign(Campaign.objects.get(pk=self.campaign_id))

    def counters(self) -> dict[str, int]:
        """What the report of the campaign shows."""
        connections.close_all()  # the server was killed meanwhile
        with working_for(self.site_id):
            mailing = Mailing.objects.without_content().get(pk=self.mailing_id)
        names = ("sent", "failed", "suppressed", "unknown", "cancelled", "total")
        return {name: getattr(mailing, name) for name in names}


def build_scene(recipients: int, chance: random.Random) -> Scene:
    """A trusted site with a list of so many people and an approved campaign to it."""
    owner = User.objects.create(email="owner@chaos.example", name="Owner")
    site = found_site(by=owner, web_url="https://chaos.example", name="Chaos")
    Site.objects.filter(pk=site.pk).update(standing=Site.Standing.TRUSTED)
    with administrator() as cursor:
        cursor.execute(CONTACTS, {"site": site.pk, "count": recipients})
    with working_for(site.pk):
        people = NewsletterList.objects.create(site=site, number=1, name="All", slug="all")
    with administrator() as cursor:
        cursor.execute(SUBSCRIBERS, {"site": site.pk, "list": people.pk})
    with working_for(site.pk):
        campaign = _campaign(site, people, recipients)
        contacts = list(Contact.objects.all())
        for contact in chance.sample(contacts, round(recipients * SUPPRESSED_BEFORE)):
            mail.suppress(contact, reason=Suppression.Reason.UNSUBSCRIBED)
    mailing_id = campaign.mailing_id or 0
    audience = {contact.email for contact in contacts}
    return Scene(site.pk, campaign.pk, mailing_id, audience, chance)


def _campaign(site: Site, people: NewsletterList, recipients: int) -> Campaign:
    mailing = mail.freeze(LETTER)
    mail.approve_mailing(mailing, content_hash=mailing.content_hash)
    writer = Operator.objects.get()
    campaign = Campaign.objects.create(
        site=site,
        number=1,
        subject="Issue",
        sender_name=site.name,
        reply_to=writer.user.email,
        body="<p>Hello</p>",
        state=Campaign.State.APPROVED,
        mailing=mailing,
        written_by=writer,
        submitted_at=timezone.now(),
        audience_size=recipients,
    )
    Audience.objects.create(site=site, campaign=campaign, list=people)
    return campaign


class Life(threading.Thread):
    """Password mails are queued and people unsubscribe, until the scene's life may end.

    Each is tried under one key until the database has it: no error page ends it.
    """

    def __init__(self, scene: Scene) -> None:
        super().__init__(daemon=True)
        self.scene = scene
        self.ids: list[int] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.scene.life_may_end.set()
        self.join(30)

    def run(self) -> None:
        number = 0
        while not self.scene.life_may_end.wait(EVERY):
            number += 1
            address = f"password{number}@chaos.example"
            message = EmailMessage(
                "Your password", "https://…", settings.DEFAULT_FROM_EMAIL, [address]
            )
            if self._insist(lambda: mail.enqueue(message, key=f"password-{number}")):  # noqa: B023
                self.scene.queued.add(address)
            if number % 4 == 0:
                self._insist(self._someone_leaves)
        connections.close_all()

    def _insist(self, act: Any) -> bool:
        while True:
            try:
                act()
            except Error:
                connections.close_all()
                if self.scene.life_may_end.wait(0.2):
                    return False
            else:
                return True

    def _someone_leaves(self) -> None:
        with working_for(self.scene.site_id):
            if not self.ids:
                self.ids = list(Contact.objects.values_list("pk", flat=True))
            contact = Contact.objects.get(pk=random.choice(self.ids))
            mail.suppress(contact, reason=Suppression.Reason.UNSUBSCRIBED)
