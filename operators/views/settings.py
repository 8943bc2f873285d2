"""What a site tells of itself: every field it registered with (P8.1)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.forms import SiteProfileForm
from accounts.operations import change_site_profile
from operators.http import OperatorRequest
from operators.permissions import operator_may


@operator_may("site:write")
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: OperatorRequest) -> HttpResponse:
    """The site's profile; what changed goes to the journal by the names of the fields."""
    site = request.site
    current = {name: getattr(site, name) for name in SiteProfileForm.base_fields}
    form = SiteProfileForm(request.POST or None, initial=current)
    if request.method != "POST":
        return render(request, "operators/settings.html", {"form": form})
    if not form.is_valid():
        return render(request, "operators/settings.html", {"form": form}, status=422)
    who = request.operator
    changed = change_site_profile(site, by=who, by_id=who.pk, **form.cleaned_data)
    messages.success(request, "Saved." if changed else "Nothing was different.")
    return redirect("operators:settings", site.slug)
