"""The browser for the tests: what is there is used, and nothing is installed then."""

import sys

import pytest

from tests.site import browser


class Machine:
    """What is on PATH, which commands succeed (by their first words), and which were run."""

    def __init__(self):
        self.programs, self.works, self.ran, self.installs = set(), set(), [], set()

    def run(self, command) -> bool:
        self.ran.append(" ".join(command))
        succeeds = self.ran[-1].startswith(tuple(self.works))
        if succeeds and "install" in command:
            self.programs |= self.installs
        return succeeds


@pytest.fixture
def machine(monkeypatch):
    """A machine on which nothing is installed; each test adds what it needs."""
    machine = Machine()
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(browser.shutil, "which", lambda name: f"/bin/{name}" if name in machine.programs else None)
    monkeypatch.setattr(browser, "_usual_places", lambda: [])
    monkeypatch.setattr(browser, "_succeeds", machine.run)
    monkeypatch.setattr(browser, "_starts", lambda path: machine.run((path, "--version")))
    monkeypatch.setattr(browser, "_is_root", lambda: False)
    return machine


def test_the_browser_named_in_the_environment_comes_first(machine, monkeypatch):
    machine.programs = {"chromium", "my-chrome"}
    machine.works = {"/bin/chromium", "/bin/my-chrome"}
    monkeypatch.setenv("CHROMIUM", "my-chrome")
    assert browser.find_chromium() == "/bin/my-chrome"


def test_a_browser_that_does_not_start_is_passed_over(machine):
    """Ubuntu's chromium-browser without its snap is such a one."""
    machine.programs, machine.works = {"chromium-browser", "google-chrome"}, {"/bin/google-chrome"}
    assert browser.find_chromium() == "/bin/google-chrome"


def test_a_browser_in_a_usual_place_is_found(machine, monkeypatch, tmp_path):
    place = tmp_path / "Google Chrome"
    place.touch()
    machine.works = {str(place)}
    monkeypatch.setattr(browser, "_usual_places", lambda: [tmp_path / "missing", place])
    assert browser.find_chromium() == str(place)


def test_a_browser_that_playwright_installed_is_found(monkeypatch, tmp_path):
    installed = tmp_path / "chromium-1255" / "chrome-linux64" / "chrome"
    installed.parent.mkdir(parents=True)
    installed.touch()
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    assert installed in list(browser._usual_places())


def test_nothing_is_installed_if_a_browser_is_there(machine, capsys):
    machine.programs, machine.works = {"chromium", "apt-get", "sudo"}, {"/bin/chromium"}
    assert browser.ensure_chromium() == 0
    assert machine.ran == ["/bin/chromium --version"]
    assert capsys.readouterr().out == "Chromium for the tests: /bin/chromium\n"


def test_a_missing_browser_is_installed_without_asking_for_a_password(machine):
    machine.programs, machine.works, machine.installs = {"apt-get", "sudo"}, {"sudo -n apt-get", "/bin/chromium"}, {"chromium"}
    assert browser.ensure_chromium() == 0
    assert machine.ran[:2] == ["sudo -n apt-get update", "sudo -n apt-get install -y --no-install-recommends chromium"]


def test_playwright_is_the_last_resort_and_then_one_line_says_what_to_do(machine, capsys):
    machine.programs = {"apt-get"}          # and no sudo
    assert browser.ensure_chromium() == 1
    assert machine.ran == [f"{sys.executable} -m playwright install --with-deps chromium", f"{sys.executable} -m playwright install chromium"]
    assert len(capsys.readouterr().err.splitlines()) == 1
