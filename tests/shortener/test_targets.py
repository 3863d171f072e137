"""Where links may lead."""

import pytest
from django.test import override_settings

from shortener import targets
from shortener.targets import Refused, read


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("https://example.org", "https://example.org/"),
        ("  HTTPS://Example.ORG./a?b=c#d ", "https://example.org/a?b=c#d"),
        ("http://example.org:8080/x", "http://example.org:8080/x"),
        ("https://example.org/söme path".replace(" ", "%20"), "https://example.org/s%C3%B6me%20path"),
        ("https://bücher.example.org/", "https://xn--bcher-kva.example.org/"),
        ("https://faß.example.org/", "https://xn--fa-hia.example.org/"),
        ("https://8.8.8.8/", "https://8.8.8.8/"),
        ("https://[2606:4700::1111]/", "https://[2606:4700::1111]/"),
        ("https://example.org/%0d%0aSet-Cookie:x", "https://example.org/%0d%0aSet-Cookie:x"),
        ("https://example.org/?q=100%", "https://example.org/?q=100%"),
    ],
)
def test_addresses_of_the_web_are_stored_in_the_form_in_which_they_are_sent(given: str, stored: str) -> None:
    assert read(given).url == stored
    assert read(stored).url == stored, "what is stored reads the same again"


@pytest.mark.parametrize(
    "address",
    [
        "", " ", "example.org", "//example.org", "/chat/", "javascript:alert(1)", "JaVaScRiPt:alert(1)",
        "data:text/html,<script>alert(1)</script>", "file:///etc/passwd", "ftp://example.org/", "vbscript:x", "blob:https://x/y",
        "java\tscript:alert(1)", "https:example.org", "https:/example.org", "https:///example.org", "https://", "https://?x",
        "https://user@example.org/", "https://example.org:pw@evil.example.net/", "https://example.org\\@evil.example.net/",
        "https://example.org/\r\nSet-Cookie: a=b", "https://example.org/a b", "https://exa\x00mple.org/", "https://example.org/\x85",
        "https://example.org:99999/", "https://example.org:x/", "https://exa%6dple.org/", "https://exam ple.org/",
        "https://[::1", "https://[v1.x]/", "https://-a.example.org/", "https://" + "a" * 64 + ".org/", "https://a..b/",
        "https://example.org/" + "a" * 4_000, "https://\ud800.org/", "https://xn--\u0301/",
    ],
)  # fmt: skip
def test_what_is_no_address_of_the_web_is_refused(address: str) -> None:
    with pytest.raises(Refused):
        read(address)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "LOCALHOST.", "a.localhost", "10.1.2.3", "192.168.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1",
        "[::1]", "[::ffff:10.0.0.1]", "[fe80::1]", "[fd00::1]", "[64:ff9b::7f00:1]",
        # As browsers count.
        "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "1", "0", "0x", "017700000001", "192.168.257",
        "router", "nas.local", "wiki.internal", "pc.lan", "box.home.arpa", "x.corp",
        # Full-width digits and an ideographic full stop are an address, too.
        "１２７。０。０。１",
    ],
)  # fmt: skip
def test_private_places_are_refused_however_they_are_written(host: str) -> None:
    with pytest.raises(Refused):
        read(f"http://{host}/")


def test_short_links_lead_to_no_short_link_of_ours() -> None:
    with pytest.raises(Refused) as refused:
        read("https://go.example.org/x", ["go.example.org"])
    assert refused.value.code == "chain"
    assert read("https://go.example.org/x").host == "go.example.org"


@override_settings(SITE_URL="https://lizard.example.org", ALLOWED_HOSTS=["lizard.example.org"])
@pytest.mark.parametrize(
    "path",
    [
        "/s/abc", "/s/abc+", "/S/../s/abc", "//s/abc", "/%73/abc", "/%2573/abc", "/chat/shared/../../s/abc", "/chat/shared//s/abc",
        "/chat/shared/%2e%2e/%2e%2e/s/abc", "/accounts/logout/", "/dashboard/", "/", "/admin/", "/chat/shared",
    ],
)  # fmt: skip
def test_of_our_own_pages_links_lead_only_to_those_that_are_passed_on(path: str) -> None:
    assert read("https://lizard.example.org/chat/shared/abc/").host == "lizard.example.org"
    with pytest.raises(Refused) as refused:
        read(f"https://lizard.example.org{path}")
    assert refused.value.code == "chain"


@override_settings(SITE_URL="http://127.0.0.1:8000", ALLOWED_HOSTS=["127.0.0.1", "localhost"])
def test_our_address_on_another_port_is_somebody_elses_private_place() -> None:
    assert read("http://127.0.0.1:8000/chat/shared/abc/").url
    for address in ("http://127.0.0.1:9000/chat/shared/abc/", "http://localhost:8000/chat/shared/abc/"):
        with pytest.raises(Refused):
            read(address)


def test_an_app_says_which_of_its_pages_are_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "OWN_PLACES", set(targets.OWN_PLACES))
    with override_settings(SITE_URL="https://lizard.example.org", ALLOWED_HOSTS=["lizard.example.org"]):
        with pytest.raises(Refused):
            read("https://lizard.example.org/zoo/1")
        targets.allow_own("/zoo/")
        assert read("https://lizard.example.org/zoo/1").url == "https://lizard.example.org/zoo/1"
