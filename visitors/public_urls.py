"""Public pages of a site, `/p/<slug>/`: what its web pages ask for, and the visitor's choices."""

from django.urls import path

from visitors.views import choices, visits

app_name = "visits_public"
urlpatterns = [
    path("cookies/", choices.cookies, name="cookies"),
    path("visit", visits.event, name="event"),
    path("visit.gif", visits.picture, name="picture"),
    path("visit.js", visits.script, name="script"),
]
