"""The errors a user can cause. Each is one sentence that names what, where and the next step."""


class RedditessError(Exception):
    """An expected failure: the command line prints it as one sentence and exits with status 1.

    `what` went wrong (names the value), `where` (the file or setting), `next_step` (what to do).

    >>> print(RedditessError("no such preset 'papr'", "--preset", "use one of default, paper"))
    --preset: no such preset 'papr'; use one of default, paper.
    """

    def __init__(self, what: str, where: object = "", next_step: str = ""):
        super().__init__(what, where, next_step)
        self.what, self.where, self.next_step = what, str(where), next_step

    def __str__(self) -> str:
        head = f"{self.where}: " if self.where else ""
        tail = f"; {self.next_step}" if self.next_step else ""
        sentence = f"{head}{self.what}{tail}".rstrip(".")
        return sentence if sentence.endswith("?") else f"{sentence}."


class InputError(RedditessError):
    """A dump, table or text that cannot be used as it is."""


class SettingsError(RedditessError):
    """A preset, a config file or a flag with a value that does not exist or does not fit."""


class BuildError(RedditessError):
    """A build folder in a state that must not be continued."""


class MissingExtra(RedditessError):
    """An optional dependency is not installed; `next_step` is the install line."""


class RemoteError(RedditessError):
    """A Hub or an endpoint refused, or the network was not asked for."""
