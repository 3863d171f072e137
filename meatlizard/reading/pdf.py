"""The text of PDF files, page by page."""

from pathlib import Path
from typing import Final

from pypdf import PasswordType, PdfReader
from pypdf.errors import DependencyError, PdfReadError

from meatlizard.reading.found import Gathered, Read, Unreadable

MOST_PAGES: Final = 500


def read(path: Path) -> Read:
    """Raises Unreadable, ``scanned`` for one whose pages are pictures."""
    try:
        reader = PdfReader(path)
        # Many are locked against printing alone, and open with no password.
        if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
            raise Unreadable("encrypted")
        pages = len(reader.pages)
        if not pages:
            raise Unreadable("empty")
        text, words = _pages(reader, min(pages, MOST_PAGES))
    except Unreadable:
        raise
    except DependencyError as problem:
        raise Unreadable("encrypted") from problem
    except MemoryError as problem:
        raise Unreadable("too_much") from problem
    except Exception as problem:
        # What a damaged file leads this reader into is endless.
        raise Unreadable("encrypted" if "decrypt" in str(problem) else "pdf_unreadable") from problem
    if not words:
        raise Unreadable("scanned")
    cut = text.cut or (f"pages:{MOST_PAGES}" if pages > MOST_PAGES else "")
    return Read("document", "application/pdf", text=text.text, cut=cut)


def _pages(reader: PdfReader, count: int) -> tuple[Gathered, bool]:
    text, words, broken = Gathered(), False, 0
    for number in range(count):
        try:
            page = (reader.pages[number].extract_text() or "").strip()
        except (PdfReadError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
            # One damaged page does not cost the others.
            page, broken = "[this page could not be read]", broken + 1
        else:
            words = words or bool(page)
        text.add(f"[page {number + 1}]\n{page}\n\n")
        if text.full:
            break
    if broken == count:
        raise Unreadable("pdf_unreadable")
    return text, words
