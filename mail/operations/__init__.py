"""What people and other apps do with mail; each verb is one transaction."""

from mail.operations.arriving import route_arrival
from mail.operations.counting import count_one
from mail.operations.filling import fill_chunk
from mail.operations.forgetting import forget_contact
from mail.operations.mailing import (
    ContentChanged,
    ContentRefused,
    MailingRefused,
    OverCap,
    approve_mailing,
    cancel_mailing,
    freeze,
    hold_mailing,
    resend_unknown,
    resume_mailing,
    start_mailing,
)
from mail.operations.queueing import enqueue, send_sample
from mail.operations.suppressing import suppress, unsuppress

__all__ = [
    "ContentChanged",
    "ContentRefused",
    "MailingRefused",
    "OverCap",
    "approve_mailing",
    "cancel_mailing",
    "count_one",
    "enqueue",
    "fill_chunk",
    "forget_contact",
    "freeze",
    "hold_mailing",
    "resend_unknown",
    "resume_mailing",
    "route_arrival",
    "send_sample",
    "start_mailing",
    "suppress",
    "unsuppress",
]
