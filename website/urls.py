from django.urls import path

from visitors.views import choices
from website.views import contact, files, pages, papers, referral

app_name = "website"
urlpatterns = [
    path("", pages.home, name="home"),
    path("contact/", contact.contact, name="contact"),
    path("contact/thanks/", contact.thanks, name="thanks"),
    path("privacy/", pages.policy, name="privacy"),
    path("privacy/history/", papers.history, name="history"),
    path("privacy/conformance/", papers.conformance, name="conformance"),
    path("privacy/conformance.json", papers.conformance_data, name="conformance_data"),
    path("privacy/<slug:version>/", pages.policy, name="privacy_version"),
    path("privacy/<slug:version>/changes/", papers.comparison, name="comparison"),
    path("agreement/", pages.agreement, name="agreement"),
    path("agreement/<slug:version>/", pages.agreement, name="agreement_version"),
    path("refer/", referral.refer, name="refer"),
    path("refer/sent/", referral.referred, name="referred"),
    path("refer/never/<str:token>/", referral.never, name="never_invite"),
    path("cookies/", choices.cookies, name="cookies"),
    path("robots.txt", files.robots, name="robots"),
    path(".well-known/gpc.json", papers.global_privacy_control, name="gpc"),
    path(".well-known/security.txt", files.security, name="security"),
    path(".well-known/change-password", files.change_password, name="change_password"),
]
