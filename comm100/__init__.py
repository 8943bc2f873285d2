"""The roof: composes the house, owns nothing."""

from comm100.celery import app as celery_app

__all__ = ["celery_app"]
