"""All addresses with those that stand there in development only."""

from django.urls import include, path

from comm100.urls import urlpatterns as all_addresses

urlpatterns = [*all_addresses, path("letterbox/", include("mail.urls"))]
