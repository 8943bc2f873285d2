"""Arranging imports in one line, through the pages."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from comm100.core.tenancy import working_for
from tests.visitors.browsing import BROWSER
from visitors.models import Contact, Import
from visitors.visits import buffer, sites


class Importer:
    """Ed at the import pages of Acme."""

    def __init__(self, house, client):
        self.house, self.client = house, client

    def upload(self, text, *, name="people.csv", encoding="utf-8"):
        content = text if isinstance(text, bytes) else text.encode(encoding)
        return self.client.post(
            self.house.url("contacts/imports/new/"), {"file": SimpleUploadedFile(name, content)}
        )

    def columns(self, run, query=""):
        return self.client.get(self.house.url(f"contacts/imports/{run.number}/{query}"))

    def start(self, run, **typed):
        """Post the columns as the page shows them, besides what is typed here."""
        context = self.columns(run).context
        shown = {field.html_name: field.value() or "" for field in context["how"]}
        shown |= {field.html_name: field.value() or "" for field, _ in context["form"].columns()}
        return self.client.post(
            self.house.url(f"contacts/imports/{run.number}/start/"),
            shown | {"origin": "subscribed"} | typed,
        )

    def run(self, text, *, written="utf-8", **typed):
        """Upload and start; answers the import as it ended."""
        response = self.upload(text, encoding=written)
        assert response.status_code == 302, response.context["form"].errors
        assert self.start(self.latest(), **typed).status_code == 302
        return self.latest()

    def latest(self):
        with working_for(self.house.site.pk):
            return Import.objects.order_by("-number").first()

    def contacts(self):
        """Address → contact, without the customer who was there before."""
        with working_for(self.house.site.pk):
            known = Contact.objects.exclude(pk=self.house.customer.pk)
            return {contact.email_norm: contact for contact in known}

    def refused(self, run):
        response = self.client.get(self.house.url(f"contacts/imports/{run.number}/refused/"))
        return b"".join(response.streaming_content).decode("utf-8-sig").splitlines()


@pytest.fixture
def importer(acme, sign_in):
    return Importer(acme, sign_in(acme.editor))


@pytest.fixture(autouse=True)
def _empty_buffer():
    buffer.server().delete(buffer.stream())
    sites.forget_sites()


@pytest.fixture
def browser():
    return Client(**BROWSER)
