"""Encryption of stored credentials, with rotating keys: `<key id>:<Fernet token>`."""

from collections.abc import Sequence
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import SecretStr

from realtime.errors import Misconfigured

_SETTING = "NAVSTREAM_ENCRYPTION_KEYS"
KEY_ID_LENGTH = 8


def key_id(key: SecretStr) -> str:
    """Return the public name of a key: eight hexadecimal digits of its digest."""
    return sha256(b"navstream key " + key.get_secret_value().encode()).hexdigest()[:KEY_ID_LENGTH]


class CredentialCipher:
    """Encrypts with the first key, decrypts with any (Fernet: AES-128-CBC and HMAC-SHA256)."""

    def __init__(self, keys: Sequence[SecretStr]) -> None:
        self._by_id = {key_id(key): Fernet(key.get_secret_value()) for key in keys}

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The names of the keys; the first one encrypts."""
        return tuple(self._by_id)

    def encrypt(self, credential: str) -> bytes:
        """Return the stored form of a credential.

        Raises:
            Misconfigured: There is no key.
        """
        name = self._first()
        return f"{name}:".encode() + self._by_id[name].encrypt(credential.encode())

    def decrypt(self, stored: bytes) -> str:
        """Return the credential.

        Raises:
            Misconfigured: There is no key, or none fits.
        """
        self._first()
        name, colon, token = stored.partition(b":")
        try:
            if not colon:  # from before keys had names
                return MultiFernet(list(self._by_id.values())).decrypt(stored).decode()
            known = self._by_id.get(name.decode())
            if known is None:
                raise missing_keys([name.decode()])
            return known.decrypt(token).decode()
        except InvalidToken:
            raise Misconfigured((f"{_SETTING}: none of the keys decrypts a stored credential",)) from None

    def reencrypt(self, stored: bytes) -> bytes:
        """Return a stored credential under the first key.

        Raises:
            Misconfigured: There is no key, or none fits.
        """
        return self.encrypt(self.decrypt(stored))

    def _first(self) -> str:
        if not self._by_id:
            raise Misconfigured((f"{_SETTING}: no key is set",))
        return self.key_ids[0]


def missing_keys(names: Sequence[str]) -> Misconfigured:
    """Return what to say when credentials are stored under keys that are not set."""
    told = ", ".join(names)
    return Misconfigured((f"{_SETTING}: credentials are stored under keys that are not among them: {told}",))
