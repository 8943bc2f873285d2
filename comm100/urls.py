"""All addresses: `/s/<slug>/` for operators of a site, `/p/<slug>/` for its public pages."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from mail.views.inbound import receive
from newsletter.views import departure, tracking
from website import staff, status
from website.styleguide import styleguide

urlpatterns = [
    path("health/", status.health, name="health"),
    path("version", status.version, name="version"),
    path("metrics", status.metrics, name="metrics"),
    path("", include("website.urls")),
    path("account/", include("accounts.urls")),
    path("account/data/", include("privacy.account_urls")),
    path("account/", include("allauth.urls")),
    path("staff/moderation/", include("newsletter.staff_urls")),
    path("staff/grants/", include("privacy.staff_urls")),
    path("staff/health/", staff.health, name="staff_health"),
    path("staff/", admin.site.urls),
    path("", include("operators.open_urls")),
    path("s/<slug:slug>/", include("operators.urls")),
    path("s/<slug:slug>/disclosures/", include("website.site_urls")),
    path("s/<slug:slug>/access/", include("privacy.site_urls")),
    path("s/<slug:slug>/contacts/", include("visitors.urls")),
    path("s/<slug:slug>/mail/", include("mail.site_urls")),
    path("s/<slug:slug>/newsletter/", include("newsletter.urls")),
    path("s/<slug:slug>/visitors/", include("visitors.visits_urls")),
    path("p/<slug:slug>/", include("visitors.public_urls")),
    path("p/<slug:slug>/your-data/", include("visitors.your_data_urls")),
    path("p/<slug:slug>/newsletter/", include("newsletter.public_urls")),
    path("mail/inbound/", receive, name="inbound"),
    path("u/<str:token>", departure.unsubscribe, name="unsubscribe"),
    path("o/<str:token>", tracking.picture, name="picture"),
    path("c/<str:token>", tracking.link, name="link"),
]

if settings.LOCAL:
    urlpatterns += [
        path("letterbox/", include("mail.urls")),
        path("styleguide/", styleguide, name="styleguide"),
    ]
