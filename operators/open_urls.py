"""Pages about operators that belong to no single site: the list of sites, and joining one."""

from django.urls import path

from operators.views import joining, sites

urlpatterns = [
    path("sites/", sites.choose, name="sites"),
    path("sites/new/", sites.new, name="new_site"),
    path("invitations/<str:token>/", joining.joining, name="joining"),
]
