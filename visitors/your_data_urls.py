"""A person's own data at a site, `/p/<slug>/your-data/`."""

from django.urls import path

from visitors.views import your_data

app_name = "your_data"
urlpatterns = [
    path("", your_data.ask, name="ask"),
    path("sent/", your_data.sent, name="sent"),
    path("copies/<str:token>/", your_data.copy, name="copy"),
    path("<str:token>/", your_data.yours, name="yours"),
    path("<str:token>/copy/", your_data.copy_wish, name="copy_wish"),
    path("<str:token>/erasure/", your_data.erasure, name="erasure"),
]
