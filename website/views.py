"""The company's own pages."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from operators.permissions import anybody


@anybody
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "website/home.html")
