"""Signatures over rendered mail: verified by dkimpy, and keys that cannot be used named with the mend."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import dkim
import pytest
from nacl.encoding import Base64Encoder
from nacl.signing import SigningKey as Ed25519Key

from mailguard.errors import ConfigError
from mailguard.relay import signing
from mailguard.relay.settings import SigningKey
from mailguard.relay.signing import Signer, objection

MAIL = b"From: Shop <shop@x.example>\r\nTo: ann@y.example\r\nSubject: Hi\r\nList-Unsubscribe: <https://x.example/u>\r\n\r\nHello\r\n"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, bytes]]:
    """By algorithm: the file with the private key, and the record with the public one."""
    folder = tmp_path_factory.mktemp("keys")
    rsa, ed25519 = folder / "rsa.pem", folder / "ed25519.key"
    subprocess.run(["openssl", "genrsa", "-out", str(rsa), "2048"], check=True, capture_output=True)
    public = subprocess.run(["openssl", "rsa", "-in", str(rsa), "-pubout", "-outform", "DER"], check=True, capture_output=True)
    key = Ed25519Key.generate()
    ed25519.write_bytes(key.encode(Base64Encoder) + b"\n")
    return {
        "rsa": (str(rsa), b"v=DKIM1; k=rsa; p=" + base64.b64encode(public.stdout)),
        "ed25519": (str(ed25519), b"v=DKIM1; k=ed25519; p=" + key.verify_key.encode(Base64Encoder)),
    }


@pytest.mark.parametrize("algorithm", ["rsa", "ed25519"])
def test_signature_holds_and_seals_the_fields(algorithm: str, keys: dict[str, tuple[str, bytes]]) -> None:
    file, record = keys[algorithm]

    def verified(octets: bytes) -> bool:
        return bool(dkim.verify(octets, dnsfunc=lambda _, **__: record))

    signer = Signer.load([SigningKey(domain="x.example", selector="s1", file=file)])
    signed = signer.signed(MAIL, "x.example")
    assert signed.endswith(MAIL)
    assert verified(signed)
    assert verified(b"Received: by relay.example\r\nMailguard-Reply-Aware: no\r\n" + signed)
    for added in (
        b"From: other@x.example",
        b"Subject: other",
        b"To: bob@y.example",
        b"Reply-To: bob@y.example",
        b"Date: today",
    ):
        assert not verified(added + b"\r\n" + signed)
    assert not verified(signed.replace(b"https://x", b"https://y"))
    assert not verified(signed.replace(b"Hello", b"Hallo"))


def test_only_configured_domains_are_signed_for(keys: dict[str, tuple[str, bytes]]) -> None:
    signer = Signer.load([SigningKey(domain="x.example", selector="s1", file=keys["rsa"][0])])
    assert [signer.has(domain) for domain in ("x.example", "sub.x.example", "")] == [True, False, False]
    assert not Signer.load([]).has("x.example")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "cannot be read: No such file"),
        (b"", "no usable key"),
        (b"-----BEGIN RSA PRIVATE KEY-----\nAAAA\n", "no usable key"),
    ],
)
def test_key_that_cannot_be_used_says_why(content: bytes | None, why: str, tmp_path: Path) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    key = SigningKey(domain="x.example", selector="s1", file=str(file))
    assert why in objection(key)
    with pytest.raises(ConfigError, match="x\\.example"):
        Signer.load([key])


def test_missing_extra_is_named_with_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing, "find_spec", lambda _: None)
    assert "pip install 'mailguard[dkim]'" in objection(SigningKey(domain="x.example", selector="s1", file="key"))
