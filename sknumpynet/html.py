"""What notebooks show of results."""

from html import escape


def html_table(names, rows, *, is_code=False):
    """A table in the colours of the page, its text from the left, or as code: line by line."""
    as_code = "; font-family: monospace; white-space: pre" if is_code else ""
    left = f' style="text-align: left{as_code}"'
    head = "".join(f"<th{left}>{escape(name)}</th>" for name in names)
    lines = "".join(
        "<tr>" + "".join(f"<td{left}>{escape(text)}</td>" for text in cells) + "</tr>"
        for cells in rows
    )
    return f"<table><tr>{head}</tr>{lines}</table>"
