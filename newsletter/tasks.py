"""Wake-ups of the newsletter: fill the outbox, start what is due, ask for confirmation."""

import time
from typing import Any

from celery import shared_task
from django.db import connection

from comm100.core.statistics import learn_site
from comm100.core.tasks import company_task
from comm100.core.tenancy import chosen_site, current_site_id, working_for
from mail.statements import as_post
from newsletter import mails
from newsletter.models import Campaign, Subscriber
from newsletter.operations import adding, filling, judging, sending, testing

SLICE = 20.0  # seconds after which filling goes on in the next task


@shared_task(own_transactions=True)  # type: ignore[call-overload, untyped-decorator]
def fill_outbox(campaign_id: int) -> None:
    """Put the readers into the outbox, chunk by committed chunk. Safe to run twice."""
    site_id = current_site_id() or 0
    learn_site(site_id)  # before its contacts are walked through
    is_full = filling.fill_parts(site_id, campaign_id, seconds=SLICE)
    learn_site(site_id)  # of what stands in its outbox now
    if not is_full:
        fill_outbox.delay(campaign_id)


@shared_task(own_transactions=True)  # type: ignore[call-overload, untyped-decorator]
def fill_list(list_id: int) -> None:
    """Put contacts on a list, part by committed part. Safe to run twice."""
    site_id, until = current_site_id() or 0, time.monotonic() + SLICE
    while time.monotonic() < until:
        try:
            with working_for(site_id):
                goes_on = adding.add_part(list_id)
        except adding.StepTaken:
            return
        if not goes_on:
            return
    fill_list.delay(list_id)


@company_task(every=15)
def go_on_with_lists() -> None:
    """What a lost wake-up left half done, at any site."""
    _wake(fill_list, "app.lists_half_filled()")


@shared_task
def start_campaign(campaign_id: int) -> None:
    campaign = Campaign.objects.filter(pk=campaign_id).first()
    if campaign:
        sending.start_campaign(campaign)


@company_task(every=5, queue="marketing")
def start_due_campaigns() -> None:
    """What is scheduled for now, at any site."""
    _wake(start_campaign, "app.campaigns_due()")


@shared_task
def decide_test(campaign_id: int) -> None:
    """The hours of a test are over. Safe to run twice."""
    campaign = Campaign.objects.filter(pk=campaign_id).first()
    if campaign:
        testing.decide_test(campaign, by="system")


@company_task(every=15, queue="marketing")
def decide_due_tests() -> None:
    """Tests whose hours are over, at any site."""
    _wake(decide_test, "app.tests_due()")


@shared_task
def judge_mailing(mailing_id: int) -> None:
    """Bounces and complaints so far: go on, or stop. Safe to run twice."""
    judging.judge_mailing(mailing_id)


@company_task(every=5, queue="marketing")
def judge_mailings() -> None:
    """What leaves unproven, or with many bounces or complaints, at any site."""
    for mailing_id, site_id in as_post("to_judge"):
        with chosen_site(site_id):
            judge_mailing.delay(mailing_id)


@company_task(every=15, queue="marketing")
def go_on_filling() -> None:
    """What a lost wake-up left half filled, at any site."""
    _wake(fill_outbox, "app.campaigns_half_filled()")


def _wake(task: Any, found_by: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {found_by}")  # noqa: S608  ours, above
        found = cursor.fetchall()
    for site_id, row_id in found:
        with chosen_site(site_id):
            task.delay(row_id)


@shared_task(queue="transactional")
def transactional_ask_for_confirmation(subscriber_id: int) -> None:
    """The mail with the link that confirms, also to somebody who is on the list already."""
    place = (
        Subscriber.objects.select_related("contact", "list", "site")
        .filter(pk=subscriber_id)
        .first()
    )
    if place and place.list.removed_at is None:
        mails.confirmation(place).send()
