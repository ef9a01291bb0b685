"""What notebooks show of results."""

from html import escape


def html_table(names, rows):
    """A table in the colours of the page, its text from the left."""
    left = ' style="text-align: left"'
    head = "".join(f"<th{left}>{escape(name)}</th>" for name in names)
    lines = "".join(
        "<tr>" + "".join(f"<td{left}>{escape(text)}</td>" for text in cells) + "</tr>"
        for cells in rows
    )
    return f"<table><tr>{head}</tr>{lines}</table>"
