"""Who looked at a site's data, `/s/<slug>/access/`."""

from django.urls import path

from privacy.views import looks

app_name = "looks"
urlpatterns = [
    path("", looks.index, name="looks"),
    path("csv/", looks.download, name="csv"),
    path("checker/", looks.checker, name="checker"),
    path("check/", looks.check, name="check"),
    path("waiting/", looks.waiting, name="waiting"),
    path("<uuid:grant>/admission/", looks.admission, name="admission"),
    path("<uuid:grant>/objection/", looks.objection, name="objection"),
]
