"""Pages of operators, `/s/<slug>/newsletter/`; the numbers are those of the site."""

from django.urls import path

from newsletter.views import (
    adding,
    appeal,
    campaigns,
    deliveries,
    editor,
    lists,
    members,
    preview,
    sending,
    variants,
)

app_name = "newsletter"
urlpatterns = [
    path("", campaigns.show_all, name="campaigns"),
    path("new/", campaigns.new, name="campaign_new"),
    path("<int:number>/", campaigns.show, name="campaign"),
    path("<int:number>/text/", editor.edit, name="campaign_edit"),
    path("<int:number>/draft/", editor.withdraw, name="campaign_withdraw"),
    path("<int:number>/preview/", preview.preview, name="campaign_preview"),
    path("<int:number>/test/", sending.send_test, name="campaign_test"),
    path("<int:number>/submission/", sending.submit, name="campaign_submit"),
    path("<int:number>/schedule/", sending.reschedule, name="campaign_schedule"),
    path("<int:number>/variants/", variants.edit, name="variants"),
    path("<int:number>/variants/removal/", variants.remove, name="variants_remove"),
    path("<int:number>/winner/", variants.choose_winner, name="campaign_winner"),
    path("<int:number>/hold/", sending.hold, name="campaign_hold"),
    path("<int:number>/resumption/", sending.resume, name="campaign_resume"),
    path("<int:number>/cancellation/", sending.cancel, name="campaign_cancel"),
    path("<int:number>/appeal/", appeal.appeal, name="campaign_appeal"),
    path("<int:number>/copy/", campaigns.copy, name="campaign_copy"),
    path("<int:number>/unknown/", sending.resend_unknown, name="campaign_resend_unknown"),
    path("<int:number>/deliveries/", deliveries.show, name="deliveries"),
    path("<int:number>/deliveries/csv/", deliveries.download, name="deliveries_csv"),
    path("lists/", lists.show_all, name="lists"),
    path("lists/new/", lists.new, name="list_new"),
    path("lists/<int:number>/", lists.show, name="list"),
    path("lists/<int:number>/settings/", lists.edit, name="list_edit"),
    path("lists/<int:number>/removal/", lists.remove, name="list_remove"),
    path("lists/<int:number>/contacts/", adding.contacts, name="list_contacts"),
    path("lists/<int:number>/members/", members.add, name="member_add"),
    path("lists/<int:number>/members/<int:contact>/removal/", members.remove, name="member_remove"),
]
