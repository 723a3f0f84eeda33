"""The lab that this process opened for the terminal UI: its connection, and the people who click in it."""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from snowkit import profile as profiles
from snowkit.cli import errands, ports
from snowkit.cli.lab import PROFILE, written_profile
from snowkit.cli.narration import Tell
from snowkit.errors import LabError, ProfileError
from snowkit.lab.instance import Lab
from snowkit.lab.visitor import Admin, Visitor
from snowkit.listener import LOOPBACK
from snowkit.pack.model import Pack
from snowkit.profile import Profile
from snowkit.updateset.generate import Generated


class OwnLab:
    """A lab that starts when it is first wanted; `name` is its connection's, empty until then."""

    def __init__(self) -> None:
        self.name = ""
        self._lab: Lab | None = None
        self._stack = ExitStack()
        self._opening = threading.Lock()

    def close(self) -> None:
        """Stop the lab and take its connection away."""
        self._stack.close()

    def open(self) -> str:
        """Start the lab, unless it runs, and return its connection's name; raises `LabError`."""
        with self._opening, ExitStack() as opening:
            if self._lab is None:
                lab = opening.enter_context(Lab("fresh"))
                # Another terminal's lab, or a connection of that name, is left alone.
                taken = {profile.name for profile in profiles.readable()[0] if not _is_dead(profile)}
                names = (PROFILE, *(f"{PROFILE}-{number}" for number in range(2, len(taken) + 9)))
                name = next((name for name in names if name not in taken and _may_have(name)), PROFILE)
                profile = opening.enter_context(written_profile(lab, name))
                redirect = f"http://{LOOPBACK}:{ports.free()}/callback"
                profile = profile.model_copy(update={"redirect_uri": redirect})
                profiles.save(profile)
                _refuse_environment(profile)
                self._lab, self.name = lab, name
                self._stack.push(opening.pop_all())
            return self.name

    def visitor(self, profile: Profile, tell: Tell) -> Tell:
        """Add the redirect as the administrator; return who opens an address, signs in and presses Allow."""
        lab = self.opened(profile.name)
        person = lab.description()["integration"]
        with Admin(lab.control_url) as admin:
            errands.add_redirect(
                admin,
                profile.client_id,
                profile.redirect_uri,
                lambda line: tell(f"As the administrator: {line}"),
            )

        def browse(url: str) -> None:
            tell(f"The person's browser opens {url.partition('?')[0]}")
            with Visitor(lab.url) as browser:
                browser.authorize(url, person["user"], person["password"], follow=True)
            tell(f"The person signs in as {person['user']} and presses Allow")

        return browse

    def install(self, profile: Profile, pack: Pack, made: Generated, folder: Path, tell: Tell) -> None:
        """Play the administrator: import the sets in `folder`, then do the errands of the hand-over."""
        lab = self.opened(profile.name)
        facts = lab.description()
        with Visitor(lab.url) as browser:
            browser.sign_in(facts["admin"]["user"], facts["admin"]["password"])
            for file in ("rules.xml", "access.xml"):
                sys_id = browser.upload_update_set(folder / file)
                problems = browser.preview(sys_id)
                if problems:
                    raise LabError(
                        f"The preview of {file} finds problems: {'; '.join(problems)}",
                        "Nothing of it was committed.",
                    )
                browser.commit(sys_id)
                tell(f"{file}: uploaded, previewed without a problem, committed")
        with Admin(lab.control_url) as admin:
            errands.grant_roles(admin, facts["integration"]["user"], made.grants, tell)
            errands.make_policies(admin, pack, profile.client_id, tell)
            errands.restrict_token(admin, profile.client_id, tell)

    def opened(self, name: str) -> Lab:
        """Return the lab if that is its name; raises `LabError`."""
        if self._lab is None or name != self.name:
            raise LabError(f"{name} is not the lab.", "Open the lab from the list of connections.")
        return self._lab


def _refuse_environment(profile: Profile) -> None:
    used = profiles.load(profile.name)
    other = [name for name in Profile.model_fields if getattr(used, name) != getattr(profile, name)]
    other += profiles.secrets_of(os.environ)
    if other:
        raise LabError(
            f"The environment, or {profiles.LOCAL_FILE}, gives {', '.join(other)} in place of the lab's.",
            "Unset those variables of SNOWKIT_… and start snowkit again.",
        )


def _may_have(name: str) -> bool:
    """Tell whether the lab may have this name: a file that cannot be read may hold it already."""
    try:
        profiles.url_on_file(name)
    except ProfileError:
        return False
    return True


def _is_dead(profile: Profile) -> bool:
    """Tell whether a profile is what a lab left behind that could not tidy up."""
    parts = urlsplit(profile.url)
    return parts.hostname == LOOPBACK and not ports.is_taken(parts.port or 0)
