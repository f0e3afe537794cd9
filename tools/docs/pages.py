"""Every generated page by its path, and whether what lies there is what would be written now."""

import json
from pathlib import Path

from tools.docs.api_page import api_page
from tools.docs.codes import codes_page
from tools.docs.openapi import openapi


def pages(root: Path) -> dict[str, str]:
    document = openapi(root)
    return {
        "docs/openapi.json": json.dumps(document, indent=2, ensure_ascii=False) + "\n",
        "docs/api.md": api_page(document),
        "docs/codes.md": codes_page(root),
    }


def write(root: Path) -> list[str]:
    """The paths that changed."""
    changed = out_of_date(root)
    texts = pages(root)
    for path in changed:
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(texts[path], "utf-8")
    return changed


def out_of_date(root: Path) -> list[str]:
    return [path for path, text in pages(root).items() if _read(root / path) != text]


def _read(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None
