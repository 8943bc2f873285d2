"""Pages of operators, `/s/<slug>/mail/`; the numbers are those of the site."""

from django.urls import URLPattern, path

from mail.views import bounces, domains, quarantine, replies, suppressions

app_name = "post"
urlpatterns: list[URLPattern] = [
    path("replies/", replies.show_all, name="replies"),
    path("replies/<int:number>/", replies.show, name="reply"),
    path("replies/<int:number>/decision/", replies.decide, name="reply_decision"),
    path("bounces/", bounces.show_all, name="bounces"),
    path("suppression/", suppressions.show_all, name="suppressions"),
    path("suppression/csv/", suppressions.download, name="suppression_csv"),
    path("suppression/new/", suppressions.add, name="suppression_add"),
    path("suppression/removal/", suppressions.lift, name="suppression_lift"),
    path("quarantine/", quarantine.show_all, name="quarantine"),
    path("quarantine/<int:number>/", quarantine.show, name="quarantined"),
    path("quarantine/<int:number>/replay/", quarantine.replay, name="quarantine_replay"),
    path("quarantine/<int:number>/removal/", quarantine.remove, name="quarantine_remove"),
    path("domains/", domains.domains, name="domains"),
    path("domains/new/", domains.domain_new, name="domain_new"),
    path("domains/<int:number>/", domains.domain, name="domain"),
    path("domains/<int:number>/check/", domains.domain_check, name="domain_check"),
    path("domains/<int:number>/sender/", domains.domain_sender, name="domain_sender"),
    path("domains/<int:number>/keys/", domains.domain_keys, name="domain_keys"),
    path("domains/<int:number>/removal/", domains.domain_removal, name="domain_removal"),
]
