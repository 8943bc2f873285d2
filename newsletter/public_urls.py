"""Pages for readers, `/p/<slug>/newsletter/`: subscribe, confirm, preferences."""

from django.urls import path

from newsletter.views import preferences, subscription

app_name = "newsletter_public"
urlpatterns = [
    path("confirm/<str:token>/", subscription.confirm, name="confirm"),
    path("preferences/<str:token>/", preferences.preferences, name="preferences"),
    path("preferences/<str:token>/receipts.json", preferences.receipts, name="receipts"),
    path("<slug:list_slug>/", subscription.subscribe, name="subscribe"),
    path("<slug:list_slug>/subscribed/", subscription.subscribed, name="subscribed"),
]
