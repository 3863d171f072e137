"""The prompt library: who reads and changes what, versions and the way back, and the prompts that come with the site."""

import datetime
import re
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from chat.models import OwnText, Prompt, SiteText
from chat.prompting import access, actions, library, presets, site
from chat.prompting.content import Content, read
from chat.prompting.variables import fill
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid, LimitReached, NotFound

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def content(command: str = "greet", text: str = "Hello {{who}}", **more: Any) -> Content:
    variables = [{"name": "who"}] if "{{who}}" in text else []
    return read(
        command, more.get("title", command.title()), more.get("hint", ""), more.get("category", ""), text, variables
    )


def commands(viewer: User, query: str = "") -> list[tuple[str, str]]:
    return [(item["command"], item["title"]) for item in library.menu(viewer, query)]


class TestWriting:
    def test_each_change_is_a_version_and_any_can_be_taken_back(self, alice: User) -> None:
        row = actions.add(alice, alice, content())
        row = actions.change(row, alice, content(text="Hi {{who}}"))
        row = actions.change(row, alice, content(text="Hi {{who}}"))
        assert row.number == 2, "what says the same is no new version"
        first = access.access_prompt_version(alice, row, 1)
        row = actions.take_back(row, alice, first)
        row.refresh_from_db()
        assert (row.number, row.text) == (3, "Hello {{who}}")
        origins = list(row.versions.order_by("number").values_list("number", "origin"))
        assert origins == [(1, "written"), (2, "written"), (3, "restored")]

    def test_old_versions_go_when_there_are_too_many(self, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(actions, "MAX_VERSIONS", 3)
        row = actions.add(alice, alice, content())
        for number in range(5):
            row = actions.change(row, alice, content(text=f"{number} {{{{who}}}}"))
        assert list(row.versions.values_list("number", flat=True)) == [6, 5, 4]

    def test_a_command_is_one_persons_once_and_free_again_after_deletion(self, alice: User, bob: User) -> None:
        row = actions.add(alice, alice, content())
        with pytest.raises(Invalid, match="/greet"):
            actions.add(alice, alice, content())
        actions.add(bob, bob, content())
        actions.remove(row)
        again = actions.add(alice, alice, content())
        with pytest.raises(Invalid, match="/greet"):
            actions.bring_back(access.access_removed_prompt(alice, row.pk))
        actions.remove(again)
        actions.bring_back(access.access_removed_prompt(alice, row.pk))
        assert access.access_prompt(alice, row.pk).removed is None

    def test_writing_and_deleting_in_turns_fills_no_disk(
        self, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(actions, "MAX_IN_ALL", 3)
        for _number in range(3):
            actions.remove(actions.add(alice, alice, content()))
        with pytest.raises(LimitReached) as error:
            actions.add(alice, alice, content())
        assert error.value.code == "trash_full"
        actions.add(bob, bob, content())

    def test_the_site_has_each_command_once_too(self, olga: User) -> None:
        actions.add(None, olga, content())
        with pytest.raises(Invalid, match="/greet"):
            actions.add(None, olga, content())

    def test_nobody_has_more_than_the_most(self, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(actions, "MAX_PROMPTS", 2)
        for name in ("one", "two"):
            actions.add(alice, alice, content(name))
        with pytest.raises(LimitReached):
            actions.add(alice, alice, content("three"))

    def test_two_tabs_that_save_at_once_both_find_their_words_among_the_versions(self, alice: User) -> None:
        row = actions.add(alice, alice, content())
        failures: list[Exception] = []

        def save(text: str) -> None:
            try:
                actions.change(row, alice, content(text=text))
            except Exception as error:
                failures.append(error)
            finally:
                connection.close()

        tabs = [Thread(target=save, args=(f"{number} {{{{who}}}}",)) for number in range(4)]
        for tab in tabs:
            tab.start()
        for tab in tabs:
            tab.join()
        assert not failures
        texts = {version.content["text"] for version in row.versions.all()}
        assert texts == {"Hello {{who}}", *(f"{number} {{{{who}}}}" for number in range(4))}

    def test_the_trash_is_emptied_after_its_time_but_never_of_what_came_with_the_site(self, alice: User) -> None:
        mine = actions.add(alice, alice, content())
        theirs = actions.add(None, None, content("preset"), preset="preset")
        for row in (mine, theirs):
            actions.remove(row)
        assert actions.empty_trash() == 0
        actions.empty_trash(timezone.now() + 2 * datetime.timedelta(days=actions.TRASH_DAYS))
        assert list(Prompt.objects.all()) == [theirs]


class TestDoors:
    def test_own_shared_and_the_sites_are_read_and_others_are_not_there(
        self, alice: User, charlie: User, olga: User
    ) -> None:
        mine, site = actions.add(alice, alice, content()), actions.add(None, olga, content("site"))
        for reader in (charlie, olga):
            with pytest.raises(NotFound):
                access.access_prompt(reader, mine.pk)
        assert access.access_prompt(charlie, site.pk) == site
        actions.share(mine, True)
        assert access.access_prompt(charlie, mine.pk) == mine
        alice.is_active = False
        alice.save()
        with pytest.raises(NotFound):
            access.access_prompt(charlie, mine.pk)

    def test_a_reader_changes_nothing(self, alice: User, charlie: User, olga: User) -> None:
        mine, site = actions.add(alice, alice, content(), shared=True), actions.add(None, olga, content("site"))
        for row, reader in ((mine, charlie), (mine, olga), (site, charlie)):
            with pytest.raises(Forbidden):
                access.access_prompt_to_change(reader, row.pk)
            with pytest.raises(NotFound):
                access.access_prompt_version(reader, row, 1)
        assert access.access_prompt_to_change(alice, mine.pk) == mine
        assert access.access_prompt_to_change(olga, site.pk) == site

    def test_sharing_is_its_owners_and_an_operator_may_end_it(self, alice: User, charlie: User, olga: User) -> None:
        mine = actions.add(alice, alice, content(), shared=True)
        assert access.access_prompt_to_share(alice, mine.pk, True) == mine
        assert access.access_prompt_to_share(olga, mine.pk, False) == mine
        for viewer, share in ((charlie, False), (charlie, True), (olga, True)):
            with pytest.raises(Forbidden):
                access.access_prompt_to_share(viewer, mine.pk, share)

    def test_the_trash_is_for_who_may_change_it(self, alice: User, charlie: User, olga: User) -> None:
        mine, site = actions.add(alice, alice, content(), shared=True), actions.add(None, olga, content("site"))
        for row in (mine, site):
            actions.remove(row)
            with pytest.raises(NotFound):
                access.access_removed_prompt(charlie, row.pk)
        assert access.access_removed_prompt(olga, site.pk) == site
        with pytest.raises(NotFound):
            access.access_removed_prompt(alice, uuid4())

    def test_a_copy_is_ones_own_under_a_free_command(self, alice: User, charlie: User) -> None:
        theirs = actions.add(alice, alice, content("x" * 40, title="Greet"), shared=True)
        first, second = actions.copy(charlie, theirs), actions.copy(charlie, theirs)
        assert (first.owner, first.command, first.shared) == (charlie, "x" * 40, False)
        assert second.command == "x" * 36 + "-2"
        assert access.access_prompt_to_change(charlie, second.pk).text == theirs.text


class TestMenu:
    def test_ones_own_command_hides_the_sites_which_hides_what_others_share(
        self, alice: User, bob: User, olga: User
    ) -> None:
        actions.add(bob, bob, content(title="Bob's"), shared=True)
        assert commands(alice) == [("greet", "Bob's")]
        actions.add(None, olga, content(title="The site's"))
        assert commands(alice) == [("greet", "The site's")]
        actions.add(alice, alice, content(title="Mine"))
        assert commands(alice) == [("greet", "Mine")]
        assert commands(bob) == [("greet", "Bob's")]

    def test_the_command_that_is_typed_comes_first(self, alice: User) -> None:
        for name, title in (
            ("translate", "Into another language"),
            ("trans", "Two"),
            ("plain", "Translate it plainly"),
        ):
            actions.add(alice, alice, content(name, title=title))
        assert [command for command, _ in commands(alice, "trans")] == ["trans", "translate", "plain"]
        assert [command for command, _ in commands(alice, "/TRANSLATE")] == ["translate", "plain"]
        assert commands(alice, "%") == []

    def test_nobody_who_shares_hundreds_hides_what_is_mine_or_the_sites(
        self, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(library, "LOOKED_AT", 5)
        for number in range(6):
            actions.share(actions.add(bob, bob, content(f"aa{number}", title="Aa")), True)
        actions.add(alice, alice, content("mine", title="Zz aa", category="zoo"))
        actions.add(None, alice, content("sites", title="Zz aa", category="zoo"))
        assert [command for command, _ in commands(alice)][:2] == ["mine", "sites"]
        assert {"mine", "sites"} <= {command for command, _ in commands(alice, "aa")}

    def test_an_item_says_what_the_form_asks(self, alice: User) -> None:
        row = actions.add(alice, alice, content(hint="Says hello."))
        (item,) = library.menu(alice, "greet")
        assert item == {
            "id": str(row.pk), "command": "greet", "title": "Greet", "hint": "/greet · Says hello.",
            "variables": [{"name": "who", "label": "Who", "kind": "text", "required": True}],
        }  # fmt: skip

    def test_the_list_is_short_whatever_there_is(self, alice: User) -> None:
        for number in range(library.MENU + 5):
            actions.add(alice, alice, content(f"p{number}"))
        assert len(library.menu(alice, "")) == library.MENU

    def test_pages_filter_by_whose_category_and_words(self, alice: User, bob: User, olga: User) -> None:
        actions.add(alice, alice, content("mine", category="Work"))
        actions.add(bob, bob, content("bobs", category="Play", hint="With dice"), shared=True)
        actions.add(bob, bob, content("hidden", category="Secret"))
        actions.add(None, olga, content("sites", category="Work"))
        assert library.categories(alice) == [("Play", 1), ("Work", 2)]
        for filters, expected in (
            ({}, ["bobs", "mine", "sites"]), ({"whose": "mine"}, ["mine"]), ({"whose": "site"}, ["sites"]),
            ({"whose": "shared"}, ["bobs"]), ({"category": "Work"}, ["mine", "sites"]), ({"query": "dice with"}, ["bobs"]),
            ({"query": "work", "whose": "mine"}, ["mine"]), ({"query": "hidden"}, []),
            ({"category": "\x00"}, []), ({"query": "\x00 %_"}, []),
        ):  # fmt: skip
            assert [row.command for row in library.found(alice, **filters)] == expected, filters


class TestPresets:
    def test_the_document_and_what_is_loaded_agree(self, alice: User) -> None:
        call_command("load_prompts", verbosity=0)
        document = presets.LIBRARY.read_text()
        named = re.findall(r"^### (.+) `/(.+)`$", document, re.MULTILINE)
        rows = {row.command: row for row in library.found(alice, whose="site")}
        assert len(rows) >= 30
        assert [(title, command) for title, command in named] == [
            (rows[command].title, command) for _, command in named
        ]
        assert len(named) == len(rows)
        assert {row.category for row in rows.values()} == set(re.findall(r"^## (.+)$", document, re.MULTILINE))
        for row in rows.values():
            for variable in row.variables:
                assert f"`{variable['name']}`" in document

    def test_every_preset_can_be_filled(self) -> None:
        values = {
            "text": "words",
            "long": "many\nwords",
            "number": None,
            "choice": None,
            "date": "2026-01-31",
            "boolean": True,
        }
        for preset in presets.presets():
            given = {
                one.name: values[one.kind] or one.default or (one.choices or [one.least or "3"])[0]
                for one in preset.variables
            }
            text = fill(preset.text, preset.variables, given)
            assert "{{" not in text, preset.command
            assert preset.hint and preset.category, preset.command

    def test_loading_again_changes_nothing_and_a_new_text_is_a_new_version(self) -> None:
        first = [content("one"), content("two")]
        assert presets.load(first).new == ["one", "two"]
        assert presets.load(first) == presets.Loaded()
        assert presets.load([content("one", "Hi {{who}}"), content("two")]).renewed == ["one"]
        row = Prompt.objects.get(command="one")
        assert (row.number, row.text) == (2, "Hi {{who}}")
        assert list(row.versions.values_list("origin", flat=True)) == ["loaded", "loaded"]

    def test_what_an_operator_changed_or_deleted_stays_so(self, olga: User) -> None:
        presets.load([content("one"), content("two")])
        one, two = Prompt.objects.get(command="one"), Prompt.objects.get(command="two")
        actions.change(one, olga, content("one", "Ours, {{who}}"))
        actions.remove(two)
        assert sorted(presets.load([content("one", "Hi {{who}}"), content("two", "Hi {{who}}")]).left) == ["one", "two"]
        one.refresh_from_db()
        two.refresh_from_db()
        assert (one.text, bool(two.removed)) == ("Ours, {{who}}", True)

    def test_one_whose_command_an_operator_uses_is_refused_and_the_others_come(self, olga: User) -> None:
        actions.add(None, olga, content("one", "Ours"))
        done = presets.load([content("one"), content("two")])
        assert done.new == ["two"]
        assert len(done.refused) == 1 and "one" in done.refused[0]

    @pytest.mark.parametrize(
        "text",
        ["## A\n### No command\n```text\nx\n```", "## A\n### B `/b`\nNo text", "## A\n### B `/b`\n```text\nx",
         "## A\n### B `/b`\n- `x` (colour): X\n```text\n{{x}}\n```", "## A\n### B `/b`\n- `x` (text; odd): X\n```text\n{{x}}\n```",
         "## A\n### B `/b`\n```text\nx\n```\n### B `/b`\n```text\nx\n```", "## A\n### B `/b`\n- `x` (text): X\n```text\ny\n```"],
    )  # fmt: skip
    def test_a_file_that_is_not_in_the_form_changes_nothing_and_says_why(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "library.md"
        path.write_text(text)
        with pytest.raises(CommandError, match=r"library\.md"):
            call_command("load_prompts", file=path)
        assert not Prompt.objects.exists()


class TestTexts:
    def test_what_a_person_says_of_themselves_has_versions_and_a_bound(self, alice: User) -> None:
        assert actions.save_own_text(alice, " I teach.\x00 ", "").version == 1
        assert actions.save_own_text(alice, "I teach.", "").version == 1
        assert actions.save_own_text(alice, "", "Short.").version == 2
        with pytest.raises(Invalid, match="4,000"):
            actions.save_own_text(alice, "x" * 4_001, "")
        assert OwnText.objects.get().answers == "Short."

    def test_a_site_text_is_added_to_and_never_changed(self, olga: User) -> None:
        actions.save_site_text(olga, "role", "own", "You are a lizard.")
        actions.save_site_text(olga, "role", "off", "ignored")
        assert list(SiteText.objects.order_by("pk").values_list("version", "mode", "text")) == [
            (1, "own", "You are a lizard."), (2, "off", ""),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("kind", "mode", "text"),
        [("role", "own", " "), ("role", "own", "x" * 8_001), ("task-title", "off", ""), ("task-summary", "off", "")],
    )
    def test_a_site_text_that_would_break_something_is_refused(
        self, olga: User, kind: str, mode: str, text: str
    ) -> None:
        with pytest.raises(Invalid):
            actions.save_site_text(olga, kind, mode, text)
        assert not SiteText.objects.exists()

    def test_operators_who_change_different_texts_at_once_are_all_heard(self, olga: User) -> None:
        kinds = [kind for kind in SiteText.Kind.values if kind not in site.TASKS]

        def write(kind: str) -> None:
            try:
                actions.save_site_text(olga, kind, "own", f"New {kind}.")
                site.current()
            finally:
                connection.close()

        writers = [Thread(target=write, args=(kind,)) for kind in kinds]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        now = site.current()
        assert [now.text(kind) for kind in kinds] == [f"New {kind}." for kind in kinds]
