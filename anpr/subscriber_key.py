"""The key from which subscribers' secrets are made: of the settings, or a file of the data folder."""

from __future__ import annotations

from anpr.platform import make_secret_file
from anpr.settings import Settings
from console.credentials import Credentials

__all__ = ["credentials_of"]

KEY_FILE = "subscribers.key"


def credentials_of(settings: Settings) -> Credentials:
    """The platform's; its key file is made where there is neither."""
    if settings.subscriber_key is not None:
        return Credentials(settings.subscriber_key.get_secret_value().encode())
    path = settings.data_dir / KEY_FILE
    if not path.exists():
        make_secret_file(path)
    return Credentials(path.read_bytes())
