"""Credentials under named keys."""

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from realtime.crypto import CredentialCipher, key_id
from realtime.errors import Misconfigured

OLD, NEW = (SecretStr(Fernet.generate_key().decode()) for _ in range(2))


def test_the_first_key_encrypts_and_every_key_decrypts() -> None:
    """Ensure a key that was put in front takes over, and what the older one made is still read."""
    before = CredentialCipher([OLD]).encrypt("secret")
    both = CredentialCipher([NEW, OLD])
    after = both.encrypt("secret")
    assert after.startswith(f"{key_id(NEW)}:".encode())
    assert [both.decrypt(stored) for stored in (before, after)] == ["secret", "secret"]
    assert CredentialCipher([NEW]).decrypt(both.reencrypt(before)) == "secret"


def test_a_key_that_is_gone_is_named_without_a_secret() -> None:
    """Ensure the error says which key is missing by its public name, and shows neither key nor credential."""
    stored = CredentialCipher([OLD]).encrypt("secret")
    with pytest.raises(Misconfigured) as error:
        CredentialCipher([NEW]).decrypt(stored)
    said = str(error.value)
    assert key_id(OLD) in said
    assert not any(hidden in said for hidden in (OLD.get_secret_value(), NEW.get_secret_value(), stored.decode()))


def test_a_credential_from_before_keys_had_names_is_read_by_any_key() -> None:
    """Ensure nothing stored by an earlier release is lost."""
    stored = Fernet(OLD.get_secret_value()).encrypt(b"secret")
    assert CredentialCipher([NEW, OLD]).decrypt(stored) == "secret"
    with pytest.raises(Misconfigured, match="none of the keys"):
        CredentialCipher([NEW]).decrypt(stored)


def test_a_forged_credential_is_refused() -> None:
    """Ensure that a name alone does not make a key fit."""
    stored = CredentialCipher([OLD]).encrypt("secret").replace(key_id(OLD).encode(), key_id(NEW).encode())
    with pytest.raises(Misconfigured, match="none of the keys"):
        CredentialCipher([NEW, OLD]).decrypt(stored)


def test_without_a_key_nothing_is_encrypted() -> None:
    """Ensure a missing setting is an error, not an unencrypted credential."""
    with pytest.raises(Misconfigured, match="no key is set"):
        CredentialCipher([]).encrypt("secret")
