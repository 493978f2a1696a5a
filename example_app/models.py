"""What the notebook keeps: prompts, and the drafts that become prompts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from uuid import UUID, uuid4

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

TITLE_LIMIT = 120
TEXT_LIMIT = 8000


class Base(DeclarativeBase):
    """The base of every table."""


db = SQLAlchemy(model_class=Base)


def now() -> datetime:
    """Tell the time in UTC, without a zone: SQLite keeps none."""
    return datetime.now(timezone.utc).replace(tzinfo=None)


class Prompt(Base):
    """A prompt that belongs to one user.

    ``owner_id`` holds ``current_hf_user.id``, which stays when a user is renamed. A username does
    not: it can be given up and taken by somebody else.
    """

    __tablename__ = "prompt"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    owner_id: Mapped[str] = mapped_column(String(255), index=True)
    title: Mapped[str] = mapped_column(String(TITLE_LIMIT))
    text: Mapped[str] = mapped_column(Text)
    edited_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A title and a text as somebody typed them."""

    title: str
    text: str

    def find_problems(self) -> dict[str, str]:
        """Say what keeps this draft from being saved, in one sentence for each field."""
        problems = {}
        if not self.title:
            problems["title"] = "Give the prompt a title, so that you find it again."
        elif len(self.title) > TITLE_LIMIT:
            problems["title"] = f"Keep the title to {TITLE_LIMIT} characters."
        if not self.text:
            problems["text"] = "Write the prompt itself: an empty page helps nobody."
        elif len(self.text) > TEXT_LIMIT:
            problems["text"] = f"Keep the prompt to {TEXT_LIMIT:,} characters."
        return problems


def parse_draft(title: str, text: str) -> Draft:
    """Tidy what a form sent: one line of title, and the line ends that we count."""
    return Draft(title=" ".join(title.split()), text=text.replace("\r\n", "\n").strip())
