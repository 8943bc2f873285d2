"""Cells of files that people open in a spreadsheet, which runs some texts as formulas."""

BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def harmless(cell: object) -> object:
    """A text that a spreadsheet would run gets an apostrophe before it; numbers stay numbers."""
    if not isinstance(cell, str) or not cell.startswith(BEGINNINGS):
        return cell
    is_number = cell[0] in "+-" and cell[1:].replace(" ", "").isdecimal()  # +49 30 123456
    return cell if is_number else f"'{cell}"
