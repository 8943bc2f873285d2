"""What an uploaded file is, by its first bytes: its name and its declared type do not count."""

_SAVE_AS = "Open it in its program, save it as CSV (“CSV UTF-8” in Excel), then upload that file."
_MARKS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", f"This is an Excel or zip file, not a CSV. {_SAVE_AS}"),
    (b"\xd0\xcf\x11\xe0", f"This is an old Excel file, not a CSV. {_SAVE_AS}"),
    (b"%PDF", "This is a PDF, not a CSV. Export the contacts as CSV from where they come from."),
    (b"\x1f\x8b", "This file is compressed. Unpack it and upload the CSV inside."),
    (b"BZh", "This file is compressed. Unpack it and upload the CSV inside."),
    (b"\xfd7zXZ", "This file is compressed. Unpack it and upload the CSV inside."),
    (b"7z\xbc\xaf", "This file is compressed. Unpack it and upload the CSV inside."),
    (b"Rar!", "This file is compressed. Unpack it and upload the CSV inside."),
    (b"{\\rtf", f"This is a text document, not a CSV. {_SAVE_AS}"),
    (b"<", "This is a web page or XML file, not a CSV. Export the contacts as CSV."),
    (b"\x7fELF", "This is a program, not a CSV. Choose the CSV file."),
    (b"MZ\x90\x00", "This is a program, not a CSV. Choose the CSV file."),
    (b"#!/", "This is a program, not a CSV. Choose the CSV file."),
)
_PICTURES = (b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"RIFF")


def no_list(head: bytes) -> str:
    """Why these first bytes are no list that people could have made, in words; "" when they may."""
    if not head.strip(b"\x00 \r\n\t"):
        return "This file is empty. Choose one with a row for each contact."
    known = (words for mark, words in _MARKS if head.lstrip().startswith(mark))
    if words := next(known, ""):
        return words
    if head.startswith(_PICTURES):
        return "This is a picture or a film, not a CSV. Choose the CSV file."
    return ""


def no_text() -> str:
    return f"This file is no text, so it cannot be a CSV. {_SAVE_AS}"
