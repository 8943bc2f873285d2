"""A person's own pages; sign-up, sign-in and the like are allauth's, at the same address."""

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("profile/", views.profile, name="profile"),
]
