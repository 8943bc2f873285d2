from django.urls import path

from website.views import contact, files, pages

app_name = "website"
urlpatterns = [
    path("", pages.home, name="home"),
    path("contact/", contact.contact, name="contact"),
    path("contact/thanks/", contact.thanks, name="thanks"),
    path("privacy/", pages.policy, name="privacy"),
    path("privacy/<slug:version>/", pages.policy, name="privacy_version"),
    path("agreement/", pages.agreement, name="agreement"),
    path("agreement/<slug:version>/", pages.agreement, name="agreement_version"),
    path("robots.txt", files.robots, name="robots"),
    path(".well-known/security.txt", files.security, name="security"),
    path(".well-known/change-password", files.change_password, name="change_password"),
]
