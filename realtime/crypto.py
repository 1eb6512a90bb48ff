"""Encryption of stored credentials, with rotating keys."""

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import SecretStr

from realtime.errors import Misconfigured


class CredentialCipher:
    """Encrypts with the first key, decrypts with any (Fernet: AES-128-CBC and HMAC-SHA256)."""

    def __init__(self, keys: Sequence[SecretStr]) -> None:
        self._known = MultiFernet([Fernet(key.get_secret_value()) for key in keys]) if keys else None

    def encrypt(self, credential: str) -> bytes:
        """Return the stored form of a credential.

        Raises:
            Misconfigured: There is no key.
        """
        return self._fernet.encrypt(credential.encode())

    def decrypt(self, stored: bytes) -> str:
        """Return the credential.

        Raises:
            Misconfigured: There is no key, or none fits.
        """
        try:
            return self._fernet.decrypt(stored).decode()
        except InvalidToken:
            raise Misconfigured(("NAVSTREAM_ENCRYPTION_KEYS: none of the keys decrypts a stored credential",)) from None

    @property
    def _fernet(self) -> MultiFernet:
        if self._known is None:
            raise Misconfigured(("NAVSTREAM_ENCRYPTION_KEYS: no key is set",))
        return self._known
