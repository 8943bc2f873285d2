"""The staff admin: one django-unfold site for the company's own people, at /staff/."""

from typing import Any

from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from unfold.sites import UnfoldAdminSite


class StaffSite(UnfoldAdminSite):
    """Shows account data and the moderation queue, no user data (P9.2)."""

    site_url = "/"
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return bool(user.is_active and user.is_staff)


class StaffConfig(AdminConfig):
    """django.contrib.admin, with ours as its default site."""

    default_site = "comm100.core.staff.StaffSite"
