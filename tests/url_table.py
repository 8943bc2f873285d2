"""Every address of the product: who may enter, and what stands in its path.

One row a URL name. `tests/test_urls.py` fails for a URL without a row and for a row whose
permission is not the view's, and walks role by address by method.
"""

from dataclasses import dataclass

OPEN = "anybody"
USER = "user"
STAFF = "staff"
NO_GRANT = "00000000-0000-0000-0000-000000000000"  # tests/privacy/test_looking.py has real ones


@dataclass(frozen=True)
class Row:
    """permission: `noun:verb`, "user", "anybody" or "staff".

    about: the table whose number is in the path ("" for none); more: further arguments, each the
    name of a table (its number), or a text after `=`.
    """

    permission: str
    about: str = ""
    more: tuple[tuple[str, str], ...] = ()


ROWS: dict[str, Row] = {
    # the company's pages and status
    "website:home": Row(OPEN),
    "website:contact": Row(OPEN),
    "website:thanks": Row(OPEN),
    "website:privacy": Row(OPEN),
    "website:privacy_version": Row(OPEN, more=(("version", "=2026-11-23"),)),
    "website:history": Row(OPEN),
    "website:comparison": Row(OPEN, more=(("version", "=2026-11-23"),)),
    "website:conformance": Row(OPEN),
    "website:conformance_data": Row(OPEN),
    "website:gpc": Row(OPEN),
    "website:agreement": Row(OPEN),
    "website:agreement_version": Row(OPEN, more=(("version", "=2026-11-23"),)),
    "website:customers": Row(OPEN),
    "website:testimonial_report": Row(OPEN, more=(("number", "=1"),)),
    "website:testimonial_yours": Row(OPEN, more=(("token", "=bent"),)),
    "website:testimonials": Row(STAFF),
    "website:testimonial": Row(STAFF, more=(("number", "=1"),)),
    "website:testimonial_asking": Row(STAFF, more=(("number", "=1"),)),
    "website:testimonial_posting": Row(STAFF, more=(("number", "=1"),)),
    "website:testimonial_removal": Row(STAFF, more=(("number", "=1"),)),
    "website:agent_contacts": Row(USER),
    "website:agent_contact": Row(USER, more=(("number", "=1"),)),
    "website:agent_visitor": Row(USER, more=(("pk", "=1"),)),
    "website:disclosures": Row(OPEN, more=(("token", "=bent"),)),
    "disclosures:site": Row("journal:read"),
    "website:refer": Row(OPEN),
    "website:referred": Row(OPEN),
    "website:never_invite": Row(OPEN, more=(("token", "=bent"),)),
    "website:robots": Row(OPEN),
    "website:security": Row(OPEN),
    "website:change_password": Row(OPEN),
    "health": Row(OPEN),
    "version": Row(OPEN),
    "metrics": Row(OPEN),
    "styleguide": Row(OPEN),
    "mail:letterbox": Row(OPEN),
    "mail:letter": Row(OPEN, more=(("key", "=none"),)),
    "mail:letter_html": Row(OPEN, more=(("key", "=none"),)),
    # a person's own pages
    "accounts:profile": Row(USER),
    "sites": Row(USER),
    "new_site": Row(USER),
    "joining": Row(OPEN, more=(("token", "=bent"),)),
    # operators
    "operators:home": Row("site:read"),
    "operators:settings": Row("site:write"),
    "operators:journal": Row("journal:read"),
    "operators:journal_check": Row("journal:read"),
    "operators:journal_csv": Row("journal:read"),
    "operators:journal_sealed": Row("journal:read"),
    "looks:looks": Row("access:read"),
    "looks:csv": Row("access:read"),
    "looks:check": Row("access:read"),
    "looks:waiting": Row("access:decide"),
    "looks:admission": Row("access:decide", more=(("grant", f"={NO_GRANT}"),)),
    "looks:objection": Row("access:decide", more=(("grant", f"={NO_GRANT}"),)),
    "operators:people": Row("operators:read"),
    "operators:leaving": Row("site:read"),
    "operators:handover": Row("site:own"),
    "operators:person": Row("operators:write", "operators_operator"),
    "operators:role": Row("operators:write", "operators_operator"),
    "operators:removal": Row("operators:write", "operators_operator"),
    "operators:invite": Row("operators:write"),
    "operators:invite_again": Row("operators:write", "operators_invitation"),
    "operators:revocation": Row("operators:write", "operators_invitation"),
    # contacts
    "visitors:contacts": Row("contacts:read"),
    "visitors:contact_new": Row("contacts:write"),
    "visitors:contact": Row("contacts:read", "visitors_contact"),
    "visitors:contact_edit": Row("contacts:write", "visitors_contact"),
    "visitors:contact_remove": Row("contacts:write", "visitors_contact"),
    "visitors:fields": Row("contacts:write"),
    "visitors:field": Row("contacts:write", more=(("key", "visitors_customfield"),)),
    "visitors:field_remove": Row("contacts:write", more=(("key", "visitors_customfield"),)),
    "visitors:imports": Row("contacts:read"),
    "visitors:import_new": Row("contacts:import"),
    "visitors:import": Row("contacts:read", "visitors_import"),
    "visitors:import_start": Row("contacts:import", "visitors_import"),
    "visitors:import_cancel": Row("contacts:import", "visitors_import"),
    "visitors:import_refused": Row("contacts:import", "visitors_import"),
    # visitors
    "visits:overview": Row("contacts:read"),
    "visits:now": Row("contacts:read"),
    "visits:script": Row("contacts:read"),
    "visits_public:cookies": Row(OPEN),
    "visits_public:event": Row(OPEN),
    "visits_public:picture": Row(OPEN),
    "visits_public:script": Row(OPEN),
    "website:cookies": Row(OPEN),
    # sending domains
    "post:domains": Row("mail:write"),
    "post:domain_new": Row("mail:write"),
    "post:domain": Row("mail:write", "mail_sendingdomain"),
    "post:domain_check": Row("mail:write", "mail_sendingdomain"),
    "post:domain_sender": Row("mail:write", "mail_sendingdomain"),
    "post:domain_keys": Row("mail:write", "mail_sendingdomain"),
    "post:domain_removal": Row("mail:write", "mail_sendingdomain"),
    # newsletter
    "newsletter:campaigns": Row("newsletter:read"),
    "newsletter:campaign_new": Row("newsletter:write"),
    "newsletter:campaign": Row("newsletter:read", "newsletter_campaign"),
    "newsletter:campaign_edit": Row("newsletter:write", "newsletter_campaign"),
    "newsletter:campaign_withdraw": Row("newsletter:write", "newsletter_campaign"),
    "newsletter:campaign_preview": Row("newsletter:read", "newsletter_campaign"),
    "newsletter:campaign_test": Row("newsletter:write", "newsletter_campaign"),
    "newsletter:campaign_submit": Row("newsletter:submit", "newsletter_campaign"),
    "newsletter:campaign_schedule": Row("newsletter:submit", "newsletter_campaign"),
    "newsletter:variants": Row("newsletter:write", "newsletter_campaign"),
    "newsletter:variants_remove": Row("newsletter:write", "newsletter_campaign"),
    "newsletter:campaign_winner": Row("newsletter:submit", "newsletter_campaign"),
    "newsletter:campaign_hold": Row("newsletter:submit", "newsletter_campaign"),
    "newsletter:campaign_resume": Row("newsletter:submit", "newsletter_campaign"),
    "newsletter:campaign_cancel": Row("newsletter:submit", "newsletter_campaign"),
    "newsletter:campaign_appeal": Row("newsletter:submit", "newsletter_campaign"),
    "newsletter:campaign_copy": Row("newsletter:write", "newsletter_campaign"),
    "newsletter:campaign_resend_unknown": Row("newsletter:submit", "newsletter_campaign"),
    "newsletter:deliveries_csv": Row("newsletter:write", "newsletter_campaign"),
    "newsletter:deliveries": Row("newsletter:read", "newsletter_campaign"),
    "newsletter:lists": Row("newsletter:read"),
    "newsletter:list_new": Row("newsletter:write"),
    "newsletter:list": Row("newsletter:read", "newsletter_newsletterlist"),
    "newsletter:list_edit": Row("newsletter:write", "newsletter_newsletterlist"),
    "newsletter:list_remove": Row("newsletter:write", "newsletter_newsletterlist"),
    "newsletter:member_add": Row("newsletter:write", "newsletter_newsletterlist"),
    "newsletter:member_remove": Row(
        "newsletter:write", "newsletter_newsletterlist", (("contact", "visitors_contact"),)
    ),
    # what comes back
    "post:replies": Row("mail:read"),
    "post:reply": Row("mail:read", "mail_reply"),
    "post:reply_decision": Row("mail:decide", "mail_reply"),
    "post:bounces": Row("mail:read"),
    "post:suppressions": Row("mail:read"),
    "post:suppression_add": Row("mail:decide"),
    "post:suppression_lift": Row("mail:write"),
    "post:quarantine": Row("mail:read"),
    "post:quarantined": Row("mail:read", "mail_inboundmail"),
    "post:quarantine_replay": Row("mail:decide", "mail_inboundmail"),
    "post:quarantine_remove": Row("mail:decide", "mail_inboundmail"),
    "inbound": Row(OPEN),
    # readers
    "newsletter_public:subscribe": Row(OPEN, more=(("list_slug", "newsletter_newsletterlist"),)),
    "newsletter_public:subscribed": Row(OPEN, more=(("list_slug", "newsletter_newsletterlist"),)),
    "newsletter_public:confirm": Row(OPEN, more=(("token", "=bent"),)),
    "newsletter_public:preferences": Row(OPEN, more=(("token", "=bent"),)),
    "newsletter_public:receipts": Row(OPEN, more=(("token", "=bent"),)),
    "unsubscribe": Row(OPEN, more=(("token", "=bent"),)),
    "picture": Row(OPEN, more=(("token", "=bent"),)),
    "link": Row(OPEN, more=(("token", "=bent"),)),
    # staff
    "staff_health": Row(STAFF),
    "access:grants": Row(STAFF),
    "access:grant_new": Row(STAFF),
    "access:record": Row(STAFF),
    "access:journal": Row(STAFF),
    "access:journal_check": Row(STAFF),
    "access:audit": Row(STAFF),
    "access:audit_csv": Row(STAFF),
    "access:alerts": Row(STAFF),
    "access:settlement": Row(STAFF, more=(("alert", "=1"),)),
    "access:disclosures": Row(STAFF),
    "access:disclosure_new": Row(STAFF),
    "access:disclosure": Row(STAFF, more=(("disclosure", "=1"),)),
    "access:disclosure_approval": Row(STAFF, more=(("disclosure", "=1"),)),
    "access:disclosure_file": Row(STAFF, more=(("disclosure", "=1"),)),
    "access:agents": Row(STAFF),
    "access:agent": Row(STAFF, more=(("agent", "=1"),)),
    "access:agent_end": Row(STAFF, more=(("agent", "=1"),)),
    "access:grant": Row(STAFF, more=(("grant", "=1"),)),
    "access:approval": Row(STAFF, more=(("grant", "=1"),)),
    "access:closing": Row(STAFF, more=(("grant", "=1"),)),
    "moderation:queue": Row(STAFF),
    "moderation:campaign": Row(STAFF, "newsletter_campaign"),
    "moderation:figures": Row(STAFF),
    "moderation:trust": Row(STAFF),
    "moderation:opening": Row(STAFF, "newsletter_campaign"),
    "moderation:closing": Row(STAFF, "newsletter_campaign"),
    "moderation:letter": Row(STAFF, "newsletter_campaign"),
    "moderation:decision": Row(STAFF, "newsletter_campaign"),
}
