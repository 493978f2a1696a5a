"""Write into ``docs/doctor.md`` what the real command says of the apps there.

::

    PYTHONPATH=tests python tools/doctor_page.py
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from doctor.page import PAGE, read_examples, run


def main() -> None:
    """Replace the output of each example."""
    page = PAGE.read_text(encoding="utf-8")
    for example in read_examples():
        with TemporaryDirectory() as folder:
            said = run(example, Path(folder))
        before = f"{example.app}```\n\n```console\n{example.commands}"
        page = page.replace(f"{before}{example.output}", f"{before}{said}")
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
