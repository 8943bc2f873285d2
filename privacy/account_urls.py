"""A person's own data, `/account/data/`."""

from django.urls import path

from privacy.views import account

app_name = "account_data"
urlpatterns = [
    path("", account.overview, name="overview"),
    path("closed/", account.closed, name="closed"),
    path("erasure/", account.erasure, name="erasure"),
    path("<int:copy>/", account.download, name="download"),
]
