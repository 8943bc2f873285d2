"""Pages for readers, `/p/<slug>/…`: subscribe, confirm, preferences."""

from django.urls import URLPattern

app_name = "newsletter_public"
urlpatterns: list[URLPattern] = []
