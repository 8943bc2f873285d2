"""Grants, their journal, audits and alerts in the staff admin."""

from django.urls import path

from privacy.views import audits, grants

app_name = "access"
urlpatterns = [
    path("", grants.index, name="grants"),
    path("new/", grants.new, name="grant_new"),
    path("records/", grants.open_record, name="record"),
    path("journal/", audits.journal, name="journal"),
    path("journal/check/", audits.check, name="journal_check"),
    path("audit/", audits.audit, name="audit"),
    path("audit.csv", audits.audit_csv, name="audit_csv"),
    path("alerts/", audits.alerts, name="alerts"),
    path("alerts/<int:alert>/settlement/", audits.settle, name="settlement"),
    path("<int:grant>/", grants.show, name="grant"),
    path("<int:grant>/approval/", grants.approve, name="approval"),
    path("<int:grant>/closing/", grants.close, name="closing"),
]
