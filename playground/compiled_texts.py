"""Compiles a translation: python -m playground.compiled_texts LANGUAGE FROM.po TO.mo

Babel's own command takes "20 % of" for a placeholder of Python's and refuses the file. Placeholders are checked by the tests.
"""

import sys
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


def main(language: str, source: str, target: str) -> None:
    with Path(source).open("rb") as file:
        catalogue = read_po(file, locale=language)
    with Path(target).open("wb") as file:
        write_mo(file, catalogue)


if __name__ == "__main__":
    main(*sys.argv[1:])
