"""Chooses where files lie by the setting: `file:///folder`, or the https address of a bucket."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from app.gateways.objects.disk import Folder
from app.gateways.objects.port import ObjectStore
from app.gateways.objects.s3 import Bucket
from config.settings import Settings


def build(settings: Settings) -> ObjectStore:
    """Build the process's store; touches nothing yet."""
    parts = urlsplit(settings.materials_store)
    if parts.scheme == "file":
        return Folder(Path(unquote(parts.path)))
    secret = settings.materials_s3_key.get_secret_value() if settings.materials_s3_key else ""
    key_id, _, key = secret.partition(":")
    return Bucket(settings.materials_store, region=settings.materials_s3_region, key_id=key_id, secret=key)
