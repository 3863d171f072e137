"""Upstreams over TLS: with an authority of one's own, with none anybody trusts, and keys in plain text."""

import datetime
import ipaddress
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from inference_client.engines.base import EngineError
from inference_client.engines.openai_compatible import OpenAICompatibleEngine, UpstreamModel, UpstreamSpec
from tests.fakes.upstream import FakeUpstream
from tests.inference_client.openai_compatible.heard import ask, engine_before, patient, spec_for


def authority_of_ones_own(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """(a server's side for 127.0.0.1, the file that makes it trusted)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(here, critical=False)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "authority.pem", folder / "private.pem"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return context, public


async def test_an_authority_of_ones_own_is_trusted_when_named_and_refused_when_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, authority = authority_of_ones_own(tmp_path)
    async with FakeUpstream(tls=context).running() as upstream:
        engine = OpenAICompatibleEngine(spec_for(upstream))
        with pytest.raises(EngineError) as caught:
            await engine.start()
        await engine.stop()
        assert caught.value.code == "upstream_untrusted"
        assert "SSL_CERT_FILE" in caught.value.detail
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        async with engine_before(upstream) as heard:
            await heard.done(ask(1))
            assert heard.text[1] == "Where do lizards sleep?"


async def test_plain_http_at_a_port_for_tls_is_waited_for_like_any_that_does_not_answer() -> None:
    async with FakeUpstream().running() as upstream:
        spec = UpstreamSpec(
            upstream.url.replace("http:", "https:"), (UpstreamModel("tiny"),), timeouts=patient(connect=0.2)
        )
        engine = OpenAICompatibleEngine(spec)
        await engine.start()
        assert engine.models() == ()
        await engine.stop()


@pytest.mark.parametrize(
    ("url", "key", "exposed"),
    [
        ("http://192.168.1.5:8080", "sk-1", True),
        ("http://gpu.lan:8080", "sk-1", True),
        ("https://gpu.lan:8080", "sk-1", False),
        ("http://127.0.0.1:8080", "sk-1", False),
        ("http://[::1]:8080", "sk-1", False),
        ("http://localhost:8080", "sk-1", False),
        ("http://192.168.1.5:8080", "", False),
    ],
)
def test_a_key_in_plain_text_to_another_machine_is_noticed(url: str, key: str, exposed: bool) -> None:
    assert UpstreamSpec(url, (UpstreamModel("tiny"),), api_key=key).exposes_key is exposed


async def test_it_is_said_before_the_key_is_sent(caplog: pytest.LogCaptureFixture) -> None:
    # An address that is no loopback by its number, and reaches nobody.
    engine = OpenAICompatibleEngine(UpstreamSpec("http://0.0.0.0:1", (UpstreamModel("tiny"),), api_key="sk-1"))
    await engine.start()
    await engine.stop()
    assert "0.0.0.0:1 in plain text" in caplog.text
    assert "sk-1" not in caplog.text
