"""The door for web servers: `granian --interface wsgi comm100.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "comm100.settings")
application = get_wsgi_application()
