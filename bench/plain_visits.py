"""The usual way to take a page view, for comparison: a view of Django, one INSERT a request.

`granian --interface wsgi bench.plain_visits:application`: the product's middleware and wall, with
this door as its only URL. It looks neither at consent nor at how much one site sends.
"""

import json
import os
from http import HTTPStatus

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "comm100.settings")
settings.ROOT_URLCONF, settings.LOGIN_URL = __name__, "/account/login/"  # it has no other URL
application = get_wsgi_application()

from visitors.models import PageView  # noqa: E402  needs the apps


@csrf_exempt
def event(request: HttpRequest) -> HttpResponse:
    PageView.objects.create(site=request.site, page=json.loads(request.body)["p"])  # type: ignore[attr-defined]
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


urlpatterns = [path("p/<slug:slug>/visit", event)]
