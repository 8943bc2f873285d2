"""What operators of a site see and do about the site itself, `/s/<slug>/…`."""

from django.urls import path

from operators.views import (
    closing,
    copies,
    factors,
    home,
    invitations,
    journal,
    people,
    settings,
    times,
)

app_name = "operators"
urlpatterns = [
    path("", home.home, name="home"),
    path("settings/", settings.profile, name="settings"),
    path("settings/copy/", copies.copies, name="copies"),
    path("settings/copy/<int:number>/file/", copies.copy_file, name="copy_file"),
    path("settings/deletion/", closing.deletion, name="deletion"),
    path("settings/deletion/keeping/", closing.keeping, name="keeping"),
    path("access/times/", times.times, name="times"),
    path("journal/", journal.journal, name="journal"),
    path("journal/check/", journal.check, name="journal_check"),
    path("journal/csv/", journal.download, name="journal_csv"),
    path("journal/sealed/", journal.sealed, name="journal_sealed"),
    path("operators/", people.people, name="people"),
    path("operators/leaving/", people.leaving, name="leaving"),
    path("operators/handover/", people.handover, name="handover"),
    path("operators/second-factor/", factors.second_factor, name="second_factor"),
    path("operators/<int:number>/", people.person, name="person"),
    path("operators/<int:number>/role/", people.role, name="role"),
    path("operators/<int:number>/removal/", people.removal, name="removal"),
    path("operators/invitations/", invitations.invite, name="invite"),
    path("operators/invitations/<int:number>/again/", invitations.again, name="invite_again"),
    path(
        "operators/invitations/<int:number>/revocation/",
        invitations.revocation,
        name="revocation",
    ),
]
