"""Visitors of a site for its operators, `/s/<slug>/visitors/`."""

from django.urls import path

from visitors.views import now

app_name = "visits"
urlpatterns = [
    path("", now.overview, name="overview"),
    path("now/", now.now, name="now"),
    path("script/", now.script, name="script"),
]
