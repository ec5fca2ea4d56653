"""Build hook of the wheel: compile the catalogs of messages (``.po``) that it carries.

The package reads ``.po`` where it finds no compiled catalog, as in a source tree or an editable
install; what pip installs reads the compiled one.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Messages(BuildHookInterface):
    """Adds ``metrogis/locale/<language>/LC_MESSAGES/metrogis.mo`` to a wheel."""

    PLUGIN_NAME = "messages"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile each catalog into a folder of its own and name it to the builder."""
        if self.target_name != "wheel" or version == "editable":
            return
        root = Path(self.root)
        self.folder = tempfile.TemporaryDirectory()
        for source in root.glob("metrogis/locale/*/LC_MESSAGES/*.po"):
            place = source.relative_to(root).with_suffix(".mo")
            target = Path(self.folder.name, place)
            target.parent.mkdir(parents=True)
            with source.open("rb") as read, target.open("wb") as written:
                write_mo(written, read_po(read, locale=place.parts[2]))
            build_data["force_include"][str(target)] = place.as_posix()
