"""Both passes of the suite run on the database they are meant for."""

import os
import subprocess
import sys

import pytest
from django.db import connection

from tests.services import postgres
from tests.services.programs import missing
from tests.services.site import ROOT

FRESH = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
"""What a new session of pytest starts with."""


@pytest.mark.both_databases
@pytest.mark.django_db
def test_this_pass_runs_on_its_own_database(request: pytest.FixtureRequest) -> None:
    second_pass = request.config.getoption("--postgres")
    assert connection.vendor == ("postgresql" if second_pass else "sqlite")
    if not second_pass:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA journal_mode")
            assert cursor.fetchone() == ("wal",), "as on the real site, where readers do not wait"


@pytest.mark.postgres
def test_the_second_pass_runs_the_marked_tests_alone() -> None:
    if not postgres.installed():
        missing("No PostgreSQL server is installed")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--postgres", "-q", "-p", "no:cacheprovider", __file__],
        cwd=ROOT, env=FRESH, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed, 2 deselected" in done.stdout


def test_a_run_without_a_test_fails() -> None:
    """As when a marker was misspelt: nothing was proved."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__, "-k", "no_such_test"],
        cwd=ROOT, env=FRESH, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == pytest.ExitCode.NO_TESTS_COLLECTED
