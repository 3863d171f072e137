"""How two programs of different age agree on a version, or say which of them to update."""

import pytest

from inference_client.protocol import versions
from inference_client.protocol.errors import UPDATE_CLIENT, UPDATE_SITE, ChannelError
from inference_client.protocol.versions import Versions, choose, chosen_by_site, offer


def test_what_we_speak_is_consistent() -> None:
    assert 1 <= versions.OLDEST_SUPPORTED <= versions.PROTOCOL_VERSION <= 255
    assert versions.CURRENT.chosen == versions.PROTOCOL_VERSION
    assert choose(offer()) == chosen_by_site(offer()[0]) == versions.CURRENT


@pytest.mark.parametrize(
    ("client", "site", "chosen"),
    [((1, 1), (1, 1), 1), ((2, 1), (1, 1), 1), ((1, 1), (2, 1), 1), ((3, 2), (4, 2), 3), ((5, 2), (3, 2), 3)],
)
def test_the_highest_common_version_is_chosen(client: tuple[int, int], site: tuple[int, int], chosen: int) -> None:
    agreed = choose(offer(*client), *site)
    assert agreed == Versions(*client, chosen)
    assert chosen_by_site(versions.subprotocol(chosen), *client) == agreed


@pytest.mark.parametrize(("client", "site", "remedy"), [((1, 1), (3, 2), UPDATE_CLIENT), ((4, 3), (2, 1), UPDATE_SITE)])
def test_without_a_common_version_the_older_program_is_named(
    client: tuple[int, int], site: tuple[int, int], remedy: str
) -> None:
    with pytest.raises(ChannelError) as refused:
        choose(offer(*client), *site)
    assert refused.value.code == "version_unsupported"
    assert refused.value.close_code == 4406
    assert refused.value.wire_reason == remedy


@pytest.mark.parametrize(
    "offered",
    [
        [],
        ["graphql-ws"],
        ["meatlizard.v0"],
        ["meatlizard.v256"],
        ["meatlizard.v01"],
        ["meatlizard.v1 "],
        ["meatlizard.v\u0661"],
    ],
)
def test_an_offer_without_a_version_of_ours_is_refused(offered: list[str]) -> None:
    with pytest.raises(ChannelError, match="no meatlizard subprotocol"):
        choose(offered)


def test_other_subprotocols_do_not_disturb() -> None:
    assert choose(["chat", "meatlizard.v1"]) == Versions(1, 1, 1)


@pytest.mark.parametrize("numbers", [(3, 1), (2, 2, 1)])
def test_an_offer_with_gaps_or_repeats_is_refused(numbers: tuple[int, ...]) -> None:
    with pytest.raises(ChannelError, match="has gaps"):
        choose(map(versions.subprotocol, numbers), 3, 1)


@pytest.mark.parametrize(
    ("selected", "remedy"),
    [
        (None, UPDATE_SITE),
        ("", UPDATE_SITE),
        ("graphql-ws", UPDATE_SITE),
        ("meatlizard.v1", UPDATE_SITE),
        ("meatlizard.v4", UPDATE_CLIENT),
    ],
)
def test_the_client_refuses_a_version_it_did_not_offer(selected: str | None, remedy: str) -> None:
    with pytest.raises(ChannelError) as refused:
        chosen_by_site(selected, 3, 2)
    assert (refused.value.code, refused.value.remedy) == ("version_unsupported", remedy)
