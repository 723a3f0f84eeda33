"""Where a connection comes from: flag, environment, local file, the user's profiles."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from snowkit import profile as profiles
from snowkit.errors import OutputError, ProfileError
from snowkit.profile import Profile

ACME = Profile(
    name="acme", url="https://acme.service-now.com", client_id="c1", refresh_token_expiry=date(2027, 1, 2)
)


def test_a_saved_profile_comes_back_whole(tmp_path: Path) -> None:
    """What is saved is loaded again, field by field."""
    profiles.save(ACME)
    assert profiles.load("acme", folder=tmp_path) == ACME
    assert profiles.every(folder=tmp_path) == (ACME,)


def test_the_environment_wins_over_the_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable replaces a profile's field, and the names of other tools are understood."""
    profiles.save(ACME)
    monkeypatch.setenv("SNOWKIT_CLIENT_ID", "c2")
    monkeypatch.setenv("SN_HOST", "other")
    monkeypatch.setenv("SNOWKIT_CAPABILITY", "crm, content")
    loaded = profiles.load("acme", folder=tmp_path)
    assert (loaded.client_id, loaded.url, loaded.capability) == ("c2", "other", ("crm", "content"))


def test_the_file_s_own_url_is_known_below_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever guards the secrets asks what the file says, whatever a variable puts in its place."""
    profiles.save(ACME)
    monkeypatch.setenv("SNOWKIT_URL", "other")
    assert profiles.url_on_file("acme", folder=tmp_path) == ACME.url
    assert profiles.url_on_file("other", folder=tmp_path) == ""


def test_the_local_file_comes_first(tmp_path: Path) -> None:
    """A snowkit.toml beside the work wins over the user's profile of the same name and is the default."""
    profiles.save(ACME)
    (tmp_path / "snowkit.toml").write_text('[profile.acme]\nurl = "local"\n', encoding="utf-8")
    assert profiles.load("acme", folder=tmp_path).url == "local"
    assert profiles.load(folder=tmp_path).url == "local"


def test_an_unknown_profile_names_the_known(tmp_path: Path) -> None:
    """A profile that is not there is an error that lists those that are."""
    profiles.save(ACME)
    with pytest.raises(ProfileError, match="acme"):
        profiles.load("other", folder=tmp_path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[profile.acme\n", "cannot be read"),
        ("profile = 3\n", "holds no tables"),
        ('[profile.acme]\nurl = "x"\ncolour = "red"\n', "colour"),
        ('[profile.acme]\npull_by = "moonlight"\n', "pull_by"),
        ("[profile.acme]\nurl = 3\n", "url"),
    ],
)
def test_a_broken_file_is_named_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    """A file that is no TOML, an unknown key and a wrong type are errors that name the place."""
    (tmp_path / "snowkit.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ProfileError, match=words):
        profiles.load("acme", folder=tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_broken_file_stands_in_the_way_of_its_own_names_only(tmp_path: Path, encoding: str) -> None:
    """A connection that the broken file may hold is refused; any other is loaded, and so is its address."""
    profiles.save(ACME)
    (tmp_path / "snowkit.toml").write_text("[profile.other\n", encoding=encoding)
    assert profiles.load("acme", folder=tmp_path) == ACME
    assert profiles.url_on_file("acme", folder=tmp_path) == ACME.url
    with pytest.raises(ProfileError, match=r"snowkit\.toml cannot be read"):
        profiles.load("other", folder=tmp_path)
    with pytest.raises(ProfileError, match=r"snowkit\.toml cannot be read"):
        profiles.load(folder=tmp_path)


def test_what_can_be_read_is_listed_beside_what_cannot(tmp_path: Path) -> None:
    """A broken file and a wrong field each cost only what they hold, and a wrong one is not replaced."""
    profiles.save(ACME)
    profiles.save(ACME.model_copy(update={"name": "other"}))
    local = tmp_path / "snowkit.toml"
    local.write_text("[x", encoding="utf-8")
    known, errors = profiles.readable(folder=tmp_path)
    assert [profile.name for profile in known] == ["acme", "other"]
    assert len(errors) == 1
    local.write_text('[profile.acme]\nregion = 1\n[profile.third]\nurl = "x"\n', encoding="utf-8")
    known, errors = profiles.readable(folder=tmp_path)
    assert [profile.name for profile in known] == ["third", "other"]
    assert "acme" in str(errors[0])


def test_a_removed_profile_is_gone(tmp_path: Path) -> None:
    """Removing forgets one profile and keeps the others."""
    profiles.save(ACME)
    profiles.save(ACME.model_copy(update={"name": "other"}))
    profiles.remove("acme")
    assert [profile.name for profile in profiles.every(folder=tmp_path)] == ["other"]


def test_a_home_that_is_a_file_is_an_error(tmp_path: Path) -> None:
    """A home that cannot hold files is an error with a next step."""
    taken = tmp_path / "taken"
    taken.write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="cannot be written"):
        profiles.save(ACME, {"SNOWKIT_HOME": str(taken / "inside")})


def test_no_secret_has_a_place_in_a_profile() -> None:
    """None of the names under which secrets are kept is a field of a profile."""
    assert not set(profiles.SECRET_VARIABLES) & set(Profile.model_fields)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('capability = "helpdesk"', "must be a list"),
        ('client_secret = "CANARY"', "set SNOWKIT_CLIENT_SECRET"),
        ('client_idd = "x"', "is client_id meant"),
    ],
)
def test_a_wrong_field_is_explained_in_the_files_words(tmp_path: Path, line: str, words: str) -> None:
    """A wrong type, a secret and a misspelling say what to write, and never repeat a secret."""
    (tmp_path / "snowkit.toml").write_text(f"[profile.acme]\n{line}\n", encoding="utf-8")
    with pytest.raises(ProfileError, match=words) as caught:
        profiles.load("acme", folder=tmp_path)
    assert "CANARY" not in str(caught.value)


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    """A file saved by a Windows editor is read; one in UTF-16 is told to be saved as UTF-8."""
    path = tmp_path / "snowkit.toml"
    path.write_text('[profile.acme]\nurl = "acme"\n', encoding="utf-8-sig")
    assert profiles.load("acme", folder=tmp_path).url == "acme"
    path.write_text('[profile.acme]\nurl = "acme"\n', encoding="utf-16")
    with pytest.raises(ProfileError, match="UTF-8"):
        profiles.load("acme", folder=tmp_path)
