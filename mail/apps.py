from urllib.parse import urlsplit

from django.apps import AppConfig

from comm100.core.navigation import Place, offer


class MailConfig(AppConfig):
    name = "mail"

    def ready(self) -> None:
        from mail import purging, reactions  # noqa: F401, PLC0415
        from operators import chronicle  # noqa: PLC0415

        _offer_places()
        _name_destinations()
        _explain_handovers()
        chronicle.tell(
            suppression_added="took {count:address|addresses} out of all newsletters",
            suppression_removed="let newsletters go to an address again ({reason}: {why})",
            suppression_exported="downloaded {count:address|addresses} of the suppression list",
            reply_obeyed="unsubscribed a contact who asked for it in a reply",
            domain_added="added the sending domain {name}",
            domain_changed="changed how {name} is used",
            domain_removed="removed the sending domain {name}",
            domain_keys_made="made {keys:new key} for {name}",
            domain_key_signs="signs for {name} with the key {selector}",
            domain_verified="verified {name}",
            domain_broke="found that records of {name} are gone",
        )
        chronicle.label(
            suppression_added="Address taken out of all newsletters",
            suppression_removed="Address allowed newsletters again",
            reply_obeyed="Contact unsubscribed by a reply",
            domain_keys_made="Keys of a sending domain made",
            domain_key_signs="Key of a sending domain in use",
            domain_broke="Records of a sending domain gone",
        )


def _offer_places() -> None:
    for order, label, name, icon, permission, in_side_bar in (
        (340, "Replies", "replies", "reply", "mail:read", True),
        (350, "Bounces", "bounces", "undo-2", "mail:read", True),
        (360, "Suppression", "suppressions", "ban", "mail:read", True),
        (370, "Quarantine", "quarantine", "shield-alert", "mail:read", False),
        (380, "Sending domains", "domains", "at-sign", "mail:write", True),
    ):
        offer(
            Place(
                label=label,
                url_name=f"post:{name}",
                icon=icon,
                permission=permission,
                section="Mail",
                order=order,
                in_side_bar=in_side_bar,
            )
        )


def _name_destinations() -> None:
    """Whom mail talks to, for the list of subprocessors (P6.1)."""
    from django.conf import settings  # noqa: PLC0415

    from comm100.core.egress import Destination, register  # noqa: PLC0415
    from mail import relays  # noqa: PLC0415

    register(
        Destination(
            name="mail servers",
            purpose="deliver the mail that sites and the company send",
            sends="addresses and mails",
            hosts=relays.names,
            protocol="smtp",
        )
    )
    register(
        Destination(
            name="name servers",
            purpose="look up the records of sending domains",
            sends="",
            hosts=lambda: settings.DNS_SERVERS or ["those of the system"],
            protocol="dns",
        )
    )
    register(
        Destination(
            name="mailboxes",
            purpose="fetch the mail that comes back",
            sends="",
            hosts=lambda: [urlsplit(url).hostname or "" for url in settings.IMAP_URLS],
            protocol="imap",
        )
    )


def _explain_handovers() -> None:
    """What goes to each of them, in the words of the public list."""
    from comm100.core.subprocessors import Handover, hand_over  # noqa: PLC0415

    hand_over(
        Handover(
            place="mail servers",
            what="Delivers mail to the servers of those whom it is for",
            data="e-mail addresses, and the mails that are sent to them",
        ),
        Handover(
            place="name servers",
            what="Looks up the records of domains that mail is sent from",
            data="",
        ),
        Handover(
            place="mailboxes",
            what="Keeps mail that comes back until it is fetched",
            data="bounces and replies: addresses, and what people wrote",
        ),
    )
