"""Grants, their journal, audits and alerts in the staff admin."""

from django.urls import path

from privacy.views import audits, disclosures, grants

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
    path("disclosures/", disclosures.index, name="disclosures"),
    path("disclosures/new/", disclosures.new, name="disclosure_new"),
    path("disclosures/<int:disclosure>/", disclosures.show, name="disclosure"),
    path("disclosures/<int:disclosure>/approval/", disclosures.approve, name="disclosure_approval"),
    path("disclosures/<int:disclosure>/file/", disclosures.hand_over, name="disclosure_file"),
    path("disclosures/agents/", disclosures.agents, name="agents"),
    path("disclosures/agents/<int:agent>/", disclosures.agent, name="agent"),
    path("disclosures/agents/<int:agent>/end/", disclosures.end_agent, name="agent_end"),
    path("<int:grant>/", grants.show, name="grant"),
    path("<int:grant>/approval/", grants.approve, name="approval"),
    path("<int:grant>/closing/", grants.close, name="closing"),
]
