"""The door for web servers: `granian --interface wsgi comm100.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "comm100.settings")
product = get_wsgi_application()

from comm100.core.checks import refuse_unless_walled  # noqa: E402  needs the apps
from comm100.core.scrubbing import take_over  # noqa: E402
from visitors.visits.beacon import fast_lane  # noqa: E402

take_over("_granian")
application = fast_lane(product)
refuse_unless_walled()
