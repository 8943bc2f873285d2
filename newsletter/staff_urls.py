"""Moderation in the staff admin, `/staff/moderation/…`."""

from django.urls import path

from newsletter.views import moderation

app_name = "moderation"
urlpatterns = [
    path("", moderation.queue, name="queue"),
    path("figures/", moderation.figures, name="figures"),
    path("<slug:slug>/trust/", moderation.trust, name="trust"),
    path("<slug:slug>/<int:number>/", moderation.show, name="campaign"),
    path("<slug:slug>/<int:number>/opening/", moderation.opening, name="opening"),
    path("<slug:slug>/<int:number>/closing/", moderation.closing, name="closing"),
    path("<slug:slug>/<int:number>/letter/", moderation.letter, name="letter"),
    path("<slug:slug>/<int:number>/decision/", moderation.decision, name="decision"),
]
