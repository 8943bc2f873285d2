"""What is sent slowly for a while: to receivers that asked for it, from domains that are new."""

from typing import ClassVar

from django.db import models

from comm100.core.tenancy import POST_WORKS, DataClass, Opening


class Pace(models.Model):
    """One stream of mails and how fast it may flow (mail/pacing.py); kept by the post."""

    data_class: ClassVar[DataClass] = "platform"
    openings: ClassVar[tuple[Opening, ...]] = (POST_WORKS,)

    key = models.CharField(max_length=300, unique=True)  # to:<domain bucket>, from:<domain>
    rate = models.FloatField()  # mails a second at `since`
    since = models.DateTimeField()
    next_at = models.DateTimeField()  # when the next mail may go
    queue_until = models.DateTimeField()  # those who wait have places up to here

    def __str__(self) -> str:
        return self.key
