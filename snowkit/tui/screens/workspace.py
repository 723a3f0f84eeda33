"""One connection at work: its way from Connect to Sync, one open step, and one job at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import ContentSwitcher, Footer, Static
from textual.worker import Worker, WorkerCancelled, WorkerFailed

from snowkit.errors import SnowkitError
from snowkit.tui.actions import Actions, Connection
from snowkit.tui.marks import Marks, State
from snowkit.tui.plain import plain
from snowkit.tui.screens.consent import AskConsent
from snowkit.tui.widgets.connect import FORM, Connect
from snowkit.tui.widgets.generate import Generate
from snowkit.tui.widgets.notice import Notice
from snowkit.tui.widgets.run import Run
from snowkit.tui.widgets.way import Stage, Step, Way

VERDICTS = {"ready": State.DONE, "gaps": State.GAP, "unknown": State.UNKNOWN}


class Workspace(Screen[None]):
    """Starts what its keys ask for, shows it as it goes, and keeps all of it when it is left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(step.key, f"open('{step}')", step.capitalize(), show=False) for step in Step),
        Binding("l", "login", "Log in"),
        Binding("c", "check", "Check"),
        Binding("g", "generate", "Generate"),
        Binding("a", "install", "Admin"),
        Binding("s", "sync", "Sync"),
        Binding("escape", "back", "Back"),
    ]

    def __init__(self, connection: Connection, actions: Actions, marks: Marks) -> None:
        super().__init__()
        self.connection = connection
        self.actions = actions
        self.marks = marks
        self.job: Worker[None] | None = None
        self.stopping = False

    def compose(self) -> ComposeResult:
        """Lay connection, way, notice, the open step and the keys below each other."""
        yield Static(self.subject(), markup=False, id="subject")
        yield Way(self.marks)
        yield Notice()
        with ContentSwitcher(initial=Step.CONNECT):
            yield Connect(self.marks, self.connection, id=Step.CONNECT)
            yield Run(
                self.marks,
                "Nothing is checked yet. Press c: every requirement is probed, nothing is written.",
                "Ready",
                id=Step.ACCESS,
            )
            yield Generate(self.marks, id=Step.GENERATE, emulated=self.connection.emulated)
            yield Run(
                self.marks,
                "Nothing is proven yet. Press s: you are asked first; then a canary case goes all the way.",
                "The sync is proven",
                id=Step.SYNC,
            )
        yield Footer(compact=True)

    def on_mount(self) -> None:
        """Colour a production instance, and begin at the first step that is open."""
        self.query_one("#subject").set_class(self.connection.environment == "production", "-production")
        if self.connection.logged_in:
            self.mark(Step.CONNECT, State.DONE)
        self.action_open(Step.CONNECT)

    def subject(self) -> Content:
        """Return whom everything on this screen speaks of."""
        where = f"{plain(self.connection.name, 50)}  {plain(self.connection.url, 200)}"
        if self.connection.environment == "production":
            return Content(f"PRODUCTION  {where}  asks before it writes")
        return Content(f"{where}  {plain(self.connection.environment, 20)}")

    # ---- the steps

    def mark(self, step: Step, state: State) -> None:
        """Show how far a step has come."""
        self.query_one(Way).stage(step).show_state(state)

    def run_of(self, step: Step) -> Run:
        """Return the panel of a step that runs checks."""
        return self.query_one(f"#{step}", Run)

    @property
    def open_step(self) -> Step:
        """The step whose panel is open."""
        return Step(self.query_one(ContentSwitcher).current or Step.CONNECT)

    def action_open(self, step: str) -> None:
        """Open a step's panel and put the keys into it."""
        opened = Step(step)
        self.query_one(ContentSwitcher).current = opened
        self.query_one(Way).show_open(opened)
        if opened is Step.CONNECT:
            self.show_form()
        elif opened is Step.GENERATE:
            generate = self.query_one(Generate)
            generate.suggest(self.actions.folder(self.connection.name))
            generate.enter()
        else:
            self.run_of(opened).matrix.focus()

    def show_form(self) -> None:
        """Show the values for the platform's form; after a proven sync they are what is next."""
        panel = self.query_one(Connect)
        with suppress(SnowkitError):
            # What is wrong with a connection is said by its actions.
            panel.show_form(self.actions.form(self.connection.name))
        proven = self.query_one(Way).stage(Step.SYNC).progress is State.DONE
        panel.turn_to_form(proven)
        if proven:
            self.query_one(Notice).clear()

    def on_stage_chosen(self, event: Stage.Chosen) -> None:
        """Open the step that was clicked."""
        self.action_open(event.step)

    # ---- the jobs, one at a time

    def launch(self, step: Step, work: Callable[[], Awaitable[State]], halt: Callable[[str], None]) -> None:
        """Open a step and begin its job, unless one is running."""
        notice = self.query_one(Notice)
        if self.job is not None:
            notice.say("One thing at a time: something is running.", "Escape cancels it.", error=False)
            return
        notice.clear()
        self.action_open(step)
        if step is Step.GENERATE:
            self.query_one(Generate).ready()
        self.mark(step, State.RUNNING)
        self.stopping = False
        self.job = self.run_worker(self.carry(step, work, halt), group="job", exit_on_error=False)
        self.refresh_bindings()

    async def carry(
        self, step: Step, work: Callable[[], Awaitable[State]], halt: Callable[[str], None]
    ) -> None:
        """Carry a job to its end; whatever goes wrong is shown here, beside what was already known."""
        try:
            self.mark(step, await work())
        except asyncio.CancelledError:
            if self.is_attached:
                halt("Cancelled")
                self.mark(step, State.CANCELLED)
                self.query_one(Notice).say("Cancelled.", error=False)
            raise
        except Exception as error:
            halt("Stopped")
            self.mark(step, State.FAILED)
            self.query_one(Notice).say_error(error)
        finally:
            self.job = None
            self.refresh_bindings()

    async def stop(self) -> None:
        """Cancel the job, and return when it has put away what it began."""
        if self.job is not None:
            job = self.job
            if not self.stopping:
                self.stopping = True
                job.cancel()
            with suppress(WorkerCancelled, WorkerFailed):
                await job.wait()

    def action_back(self) -> None:
        """Cancel what runs; else go back to the connections."""
        notice = self.query_one(Notice)
        if self.job is None:
            self.app.pop_screen()
        elif self.stopping:
            notice.say("Still putting away what it began.", error=False)
        else:
            self.stopping = True
            notice.say("Cancelling; it puts away what it began first.", error=False)
            self.job.cancel()

    def action_login(self) -> None:
        """Log in, showing each step."""
        panel = self.query_one(Connect)

        async def work() -> State:
            panel.begin()
            async for line in self.actions.login(self.connection.name):
                panel.add(line)
            panel.settle()
            return State.DONE

        self.launch(Step.CONNECT, work, lambda why: panel.halt())

    def action_check(self) -> None:
        """Check the access, filling the matrix as it goes."""
        panel = self.run_of(Step.ACCESS)

        async def work() -> State:
            panel.begin()
            report = await self.actions.check(self.connection.name, panel.observe)
            panel.settle(report)
            return VERDICTS[report.verdict]

        self.launch(Step.ACCESS, work, panel.halt)

    def action_generate(self) -> None:
        """Open the step that writes the update sets; where it is open, write them."""
        if self.open_step is Step.GENERATE:
            self.query_one(Generate).ask()
        else:
            self.action_open(Step.GENERATE)

    def on_generate_asked(self, event: Generate.Asked) -> None:
        """Write the update sets into the folder that was entered."""
        panel = self.query_one(Generate)

        async def work() -> State:
            panel.begin()
            panel.settle(await self.actions.generate(self.connection.name, event.folder))
            return State.DONE

        self.launch(Step.GENERATE, work, lambda why: panel.halt())

    def action_install(self) -> None:
        """In the lab, play the administrator with the files that were written."""
        panel = self.query_one(Generate)
        written = panel.written
        if written is None:
            self.query_one(Notice).say("There are no files yet.", "Press g to write them.", error=False)
            return
        folder: Path = written.folder

        async def work() -> State:
            panel.begin_install()
            async for click in self.actions.install(self.connection.name, folder):
                panel.add(click)
            panel.settle_install()
            return State.DONE

        self.launch(Step.GENERATE, work, lambda why: panel.halt())

    def action_sync(self) -> None:
        """Ask for consent; only then prove the sync."""
        if self.job is None:
            self.action_open(Step.SYNC)
            try:
                consent = self.actions.consent(self.connection.name)
            except Exception as error:
                self.mark(Step.SYNC, State.FAILED)
                self.query_one(Notice).say_error(error)
                return
            self.query_one(Notice).clear()
            self.app.push_screen(AskConsent(self.connection, consent, self.marks), self.consented)
        else:
            self.launch(Step.SYNC, self.prove, self.run_of(Step.SYNC).halt)

    def consented(self, yes: bool | None) -> None:
        """Prove the sync after a yes; else say that nothing was written."""
        if yes:
            self.launch(Step.SYNC, self.prove, self.run_of(Step.SYNC).halt)
        else:
            self.query_one(Notice).say("Nothing was written.", error=False)

    async def prove(self) -> State:
        """Send a canary all the way, showing each step."""
        panel = self.run_of(Step.SYNC)
        panel.begin()
        report = await self.actions.sync(self.connection.name, panel.observe)
        panel.settle(report)
        if report.verdict == "ready":
            self.query_one(Notice).say(
                f"Next: press {Step.CONNECT.key} for the values of {FORM}.", error=False
            )
        return VERDICTS[report.verdict]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Show the administrator's key only where he can be played."""
        return self.connection.emulated if action == "install" else True
