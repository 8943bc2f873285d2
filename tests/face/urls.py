"""All addresses, and the style guide that is otherwise for debug only."""

from django.urls import path

from comm100.urls import urlpatterns as product
from website.styleguide import styleguide

urlpatterns = [path("styleguide/", styleguide, name="styleguide"), *product]
