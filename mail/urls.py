"""The letterbox, `/letterbox/`: in development only."""

from django.urls import path

from mail.views import letterbox as views

app_name = "mail"
urlpatterns = [
    path("", views.letterbox, name="letterbox"),
    path("<slug:key>/", views.letter, name="letter"),
    path("<slug:key>/html/", views.letter_html, name="letter_html"),
]
