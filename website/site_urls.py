"""Pages about a site's data that stand above all apps, `/s/<slug>/disclosures/`."""

from django.urls import path

from website.views import disclosures

app_name = "disclosures"
urlpatterns = [path("", disclosures.of_site, name="site")]
