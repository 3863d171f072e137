"""`make run PORT=`: the site takes the address at which it is really served."""

import copy
from typing import Any

from meatlizard.ops.management.commands.serve import stand_at


def test_another_port_reaches_all_that_was_made_of_the_address(settings: Any) -> None:
    before = settings.SITE_URL
    settings.CONTENT_SECURITY_POLICY = copy.deepcopy(settings.CONTENT_SECURITY_POLICY)
    settings.CSRF_TRUSTED_ORIGINS = [before]
    settings.SITE_URL = before
    assert f"{before}/sw.js" in settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["worker-src"]
    stand_at("http://127.0.0.1:8123")
    assert settings.SITE_URL == "http://127.0.0.1:8123"
    assert settings.CSRF_TRUSTED_ORIGINS == ["http://127.0.0.1:8123"]
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    assert "http://127.0.0.1:8123/sw.js" in directives["worker-src"]
    assert any(not isinstance(one, str) for one in directives["script-src"]), "the place of the nonce stays"
