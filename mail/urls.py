"""The letterbox, `/letterbox/`: in development only."""

from django.urls import URLPattern

app_name = "mail"
urlpatterns: list[URLPattern] = []
