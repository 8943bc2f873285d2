"""Pages of operators, `/s/<slug>/mail/`; the numbers are those of the site."""

from django.urls import URLPattern, path

app_name = "post"
urlpatterns: list[URLPattern] = []
