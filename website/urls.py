from django.urls import path

from visitors.views import choices
from website.views import (
    agents,
    contact,
    disclosures,
    files,
    pages,
    papers,
    referral,
    testimonials,
    testimonials_staff,
)

app_name = "website"
urlpatterns = [
    path("", pages.home, name="home"),
    path("contact/", contact.contact, name="contact"),
    path("contact/thanks/", contact.thanks, name="thanks"),
    path("privacy/", pages.policy, name="privacy"),
    path("privacy/history/", papers.history, name="history"),
    path("privacy/conformance/", papers.conformance, name="conformance"),
    path("privacy/conformance.json", papers.conformance_data, name="conformance_data"),
    path("privacy/data-map/", papers.data_map, name="data_map"),
    path("privacy/data-map.json", papers.data_map_data, name="data_map_data"),
    path("privacy/subprocessors/", papers.subprocessors, name="subprocessors"),
    path("privacy/<slug:version>/", pages.policy, name="privacy_version"),
    path("privacy/<slug:version>/changes/", papers.comparison, name="comparison"),
    path("agreement/", pages.agreement, name="agreement"),
    path("agreement/<slug:version>/", pages.agreement, name="agreement_version"),
    path("customers/", testimonials.customers, name="customers"),
    path("customers/<int:number>/report/", testimonials.report, name="testimonial_report"),
    path("customers/yours/<str:token>/", testimonials.yours, name="testimonial_yours"),
    path("staff/testimonials/", testimonials_staff.testimonials, name="testimonials"),
    path("staff/testimonials/<int:number>/", testimonials_staff.testimonial, name="testimonial"),
    path(
        "staff/testimonials/<int:number>/asking/",
        testimonials_staff.asking,
        name="testimonial_asking",
    ),
    path(
        "staff/testimonials/<int:number>/posting/",
        testimonials_staff.posting,
        name="testimonial_posting",
    ),
    path(
        "staff/testimonials/<int:number>/removal/",
        testimonials_staff.removal,
        name="testimonial_removal",
    ),
    path("agents/", agents.contacts, name="agent_contacts"),
    path("agents/contacts/<int:number>/", agents.contact, name="agent_contact"),
    path("agents/visitors/<int:pk>/", agents.visitor, name="agent_visitor"),
    path("disclosures/<str:token>/", disclosures.of_person, name="disclosures"),
    path("refer/", referral.refer, name="refer"),
    path("refer/sent/", referral.referred, name="referred"),
    path("refer/never/<str:token>/", referral.never, name="never_invite"),
    path("cookies/", choices.cookies, name="cookies"),
    path("robots.txt", files.robots, name="robots"),
    path(".well-known/gpc.json", papers.global_privacy_control, name="gpc"),
    path(".well-known/security.txt", files.security, name="security"),
    path(".well-known/change-password", files.change_password, name="change_password"),
]
