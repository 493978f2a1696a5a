"""The Hub, asked on behalf of the signed-in user, for as long as a person waits and no longer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from http import HTTPStatus
from threading import BoundedSemaphore, Thread
from typing import TYPE_CHECKING, TypeVar

from huggingface_hub.errors import HfHubHTTPError

from flask_hf_oauth import HfOAuth

if TYPE_CHECKING:
    from huggingface_hub.hf_api import DatasetInfo, ModelInfo, SpaceInfo

    Found = ModelInfo | DatasetInfo | SpaceInfo

LIMIT = 100  # repositories of a kind, those that were changed last
LINES = BoundedSemaphore(8)  # a Hub that hangs must not use up the threads of this process
_Answer = TypeVar("_Answer")
_logger = logging.getLogger(__name__)

hf = HfOAuth()


class HubUnavailable(Exception):
    """The Hub gave no answer that helps, or none in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """What the page shows of a model, a dataset or a Space."""

    name: str
    url: str
    is_private: bool
    likes: int


def find_repositories(
    access_token: str | None, author: str, seconds: float
) -> dict[str, list[Repository]]:
    """Ask the Hub for somebody's models, datasets and Spaces.

    Args:
        access_token: Of whoever asks; None sees what is public.
        author: The username of the owner.
        seconds: How long to wait.

    Raises:
        HfHubHTTPError: The Hub does not accept the token any more (401).
        HubUnavailable: Anything else went wrong.
    """
    endpoint = hf.provider_url  # here, because the other thread has no current app
    try:
        return answer_within(seconds, lambda: fetch_repositories(endpoint, access_token, author))
    except HfHubHTTPError as error:
        if error.response.status_code == HTTPStatus.UNAUTHORIZED:
            raise
        raise HubUnavailable from error


def fetch_repositories(
    endpoint: str, access_token: str | None, author: str
) -> dict[str, list[Repository]]:
    """Fetch the three lists; this may take minutes."""
    from huggingface_hub import HfApi  # noqa: PLC0415 - slow to import, and for one page only

    # False, because None would be the token that `hf auth login` keeps on this machine.
    api = HfApi(endpoint=endpoint, token=access_token or False)
    kinds: dict[str, tuple[Callable[..., Iterable[Found]], str]] = {
        "Models": (api.list_models, f"{endpoint}/"),
        "Datasets": (api.list_datasets, f"{endpoint}/datasets/"),
        "Spaces": (api.list_spaces, f"{endpoint}/spaces/"),
    }
    return {
        kind: [
            build_repository(found, home)
            for found in list_kind(author=author, sort="last_modified", limit=LIMIT)
        ]
        for kind, (list_kind, home) in kinds.items()
    }


def build_repository(found: Found, home: str) -> Repository:
    """Take what the page shows from what the Hub answered."""
    return Repository(
        name=found.id.partition("/")[2],
        url=f"{home}{found.id}",
        is_private=bool(found.private),
        likes=found.likes or 0,
    )


def answer_within(
    seconds: float, question: Callable[[], _Answer], lines: BoundedSemaphore = LINES
) -> _Answer:
    """Answer a question in another thread, and leave it alone there when it takes too long.

    huggingface_hub's lists wait for the Hub without a limit of their own, and try again for minutes
    when it is busy; whoever looks at a page has left by then.

    Args:
        seconds: How long it may take.
        question: What to call.
        lines: How many questions may be under way; one more is not asked.

    Raises:
        HfHubHTTPError: The Hub refuses.
        HubUnavailable: It takes too long, or fails in another way.
    """
    if not lines.acquire(blocking=False):
        raise HubUnavailable
    future: Future[_Answer] = Future()
    Thread(target=_answer, args=(question, future, lines), daemon=True).start()
    if not wait([future], timeout=seconds).done:
        raise HubUnavailable
    return future.result()


def _answer(
    question: Callable[[], _Answer], future: Future[_Answer], lines: BoundedSemaphore
) -> None:
    try:
        future.set_result(question())
    except HfHubHTTPError as error:
        future.set_exception(error)
    except Exception as error:  # noqa: BLE001 - of an HTTP library whose name varies, or of JSON
        _logger.warning("the Hub could not be asked: %s", type(error).__name__)
        future.set_exception(HubUnavailable())
    finally:
        lines.release()
