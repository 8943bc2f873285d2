"""A person's own page."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts import operations
from accounts.forms import ProfileForm
from accounts.permissions import UserRequest, signed_in


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: UserRequest) -> HttpResponse:
    """The name, and the way to e-mail, password, second factor and sessions (P8.1)."""
    user = request.user
    form = ProfileForm(request.POST or None, initial={"name": user.name})
    if request.method != "POST":
        return render(request, "accounts/profile.html", {"form": form})
    if not form.is_valid():
        return render(request, "accounts/profile.html", {"form": form}, status=422)
    operations.rename_user(user, name=form.cleaned_data["name"])
    messages.success(request, "Your name is saved.")
    return redirect("accounts:profile")
