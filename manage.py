#!/usr/bin/env python
"""Django's manage; `bin/manage` runs it with the services up."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    if sys.argv[1:2] == ["classify_mail"]:  # reads files only: no settings, no services
        from mail.reading.command import main

        sys.exit(main(sys.argv[2:]))
    if sys.argv[1:2] == ["journal"]:  # reads one file only
        from comm100.core.chain import main

        sys.exit(main(sys.argv[2:]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "comm100.settings")
    execute_from_command_line(sys.argv)
