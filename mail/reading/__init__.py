"""Understands mail that came back: bounces, complaints, replies. Bytes in, facts out."""

from mail.reading.kinds import read_mail
from mail.reading.result import Original, Reading, Recipient

__all__ = ["Original", "Reading", "Recipient", "read_mail"]
