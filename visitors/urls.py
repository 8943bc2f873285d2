from django.urls import path

from visitors.views import contact, data, field, imports

app_name = "visitors"
urlpatterns = [
    path("", contact.contacts, name="contacts"),
    path("new/", contact.contact_new, name="contact_new"),
    path("<int:number>/", contact.contact, name="contact"),
    path("<int:number>/edit/", contact.contact_edit, name="contact_edit"),
    path("<int:number>/data/", data.contact_data, name="contact_data"),
    path("<int:number>/data/<int:copy>/", data.contact_copy, name="contact_copy"),
    path("<int:number>/erasure/", data.contact_erasure, name="contact_erasure"),
    path("fields/", field.fields, name="fields"),
    path("fields/<slug:key>/", field.field, name="field"),
    path("fields/<slug:key>/removal/", field.field_remove, name="field_remove"),
    path("imports/", imports.imports, name="imports"),
    path("imports/new/", imports.import_new, name="import_new"),
    path("imports/<int:number>/", imports.import_, name="import"),
    path("imports/<int:number>/start/", imports.import_start, name="import_start"),
    path("imports/<int:number>/cancellation/", imports.import_cancel, name="import_cancel"),
    path("imports/<int:number>/refused/", imports.import_refused, name="import_refused"),
]
