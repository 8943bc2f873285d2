"""New versions of the texts: everybody with an account is told before one applies (P11.2)."""

from django.db import transaction

from accounts.models import User
from privacy.mails import new_text_letter
from privacy.models import PublishedText, Told

BATCH = 200


def tell_users(text: PublishedText) -> int:
    """Write to the next users who were not told of this text; answers how many. 0: all know."""
    with transaction.atomic():
        told = Told.objects.filter(text=text).values("user")
        users = User.objects.filter(is_active=True).exclude(pk__in=told).order_by("pk")[:BATCH]
        chosen = list(users.select_for_update(skip_locked=True))
        Told.objects.bulk_create([Told(text=text, user=user) for user in chosen])
        for user in chosen:
            new_text_letter(text, user).send()
    return len(chosen)
