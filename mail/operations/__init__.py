"""What people and other apps do with mail; each verb is one transaction."""

from mail.operations.arriving import route_arrival
from mail.operations.bouncing import note_bounce, note_refusal
from mail.operations.counting import count_one
from mail.operations.filling import fill, fill_chunk
from mail.operations.lying_still import hold_overdue
from mail.operations.mailing import (
    ContentChanged,
    ContentRefused,
    HeldForResults,
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
from mail.operations.proving import Results, prove_mailing, results_of
from mail.operations.quarantine import put_in_quarantine, replay, throw_away
from mail.operations.queueing import enqueue, send_sample
from mail.operations.recalling import Circulated, cancel_circular, circulated
from mail.operations.replying import decide
from mail.operations.suppressing import (
    NotRemovable,
    lift_suppression,
    suppress,
    suppress_by_hand,
    unsuppress,
)

__all__ = [
    "Circulated",
    "ContentChanged",
    "ContentRefused",
    "HeldForResults",
    "MailingRefused",
    "NotRemovable",
    "OverCap",
    "Results",
    "approve_mailing",
    "cancel_circular",
    "cancel_mailing",
    "circulated",
    "count_one",
    "decide",
    "enqueue",
    "fill",
    "fill_chunk",
    "freeze",
    "hold_mailing",
    "hold_overdue",
    "lift_suppression",
    "note_bounce",
    "note_refusal",
    "prove_mailing",
    "put_in_quarantine",
    "replay",
    "resend_unknown",
    "results_of",
    "resume_mailing",
    "route_arrival",
    "send_sample",
    "start_mailing",
    "suppress",
    "suppress_by_hand",
    "throw_away",
    "unsuppress",
]
