"""What a team copies into a page of its own."""

from collections.abc import Sequence
from html import escape

from kontor_contacts.domain.form_fields import ShownField

# HTML input types of our kinds of input; the others have elements of their own.
_TYPES = {"email": "email", "tel": "tel", "url": "url", "date": "date"}


def iframe(address: str, title: str) -> str:
    return f'<iframe src="{escape(address)}" title="{escape(title)}" width="100%" height="700" style="border:0" loading="lazy"></iframe>'


def plain(address: str, fields: Sequence[ShownField], *, button: str) -> str:
    """Without consent and trap: those stand on the page of ours to which it leads."""
    parts = [f'<form action="{escape(address)}" method="post" accept-charset="utf-8">']
    parts += [f"  <p><label>{escape(item.label)}<br>{_input(item)}</label></p>" for item in fields]
    return "\n".join([*parts, f'  <p><button type="submit">{escape(button)}</button></p>', "</form>"])


def _input(item: ShownField) -> str:
    required = " required" if item.required else ""
    name = escape(item.key)
    complete = f' autocomplete="{item.autocomplete}"' if item.autocomplete else ""
    match item.input:
        case "long_text":
            return f'<textarea name="{name}" rows="6" maxlength="{item.max_length}"{required}></textarea>'
        case "choice" | "choices" if item.custom is not None:
            many = " multiple" if item.input == "choices" else ""
            options = "".join(f'<option value="{escape(one.key)}">{escape(one.label)}</option>' for one in item.custom.choices)
            empty = "" if many else '<option value=""></option>'
            return f'<select name="{name}"{many}{required}>{empty}{options}</select>'
        case "yes_no":
            return f'<input type="checkbox" name="{name}" value="yes"{required}>'
    return f'<input type="{_TYPES.get(item.input, "text")}" name="{name}" maxlength="{item.max_length}"{complete}{required}>'
