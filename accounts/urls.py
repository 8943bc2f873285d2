"""A person's own pages; sign-up, sign-in and the like are allauth's, at the same address."""

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("profile/", views.profile, name="profile"),
    path("again/", views.again, name="again"),
    path("email/", views.email, name="email"),  # in place of allauth's
    path("2fa/webauthn/<int:pk>/remove/", views.remove_key, name="remove_key"),  # and this
    path("sessions/", views.sessions, name="sessions"),  # and this
    path("sessions/ending/", views.end_others, name="end_others"),
]
