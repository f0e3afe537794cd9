"""Imports one handler as Lambda would: `python -I -S imports.py FUNCTION_FOLDER LAYER_FOLDER MODULE.NAME`.

Run with an empty environment: nothing but the built function and layer may be needed.
"""

import importlib
import sys


def main(function: str, layer: str, handler: str) -> None:
    """Raises when the handler cannot be imported from the built function and layer alone."""
    sys.path[:0] = [function, f"{layer}/python"]
    module, name = handler.rsplit(".", 1)
    if not callable(getattr(importlib.import_module(module), name)):
        raise TypeError(f"{handler} is not callable")


if __name__ == "__main__":
    main(*sys.argv[1:])
