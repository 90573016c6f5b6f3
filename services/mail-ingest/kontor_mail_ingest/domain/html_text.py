"""HTML from mails: made harmless for showing, and turned into readable text."""

import html
import re

import nh3
from inscriptis import get_text
from inscriptis.model.config import ParserConfig

MOST_CHARACTERS = 1_000_000
# Sanitising takes time that grows with the square of these; honest mails stay far below.
_MOST_DEPTH = 1_000
_MOST_ATTRIBUTES = 500
# Laying out text costs about 10 µs a tag.
_MOST_TAGS = 50_000
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)([^<>]*)>")
_MARKUP = re.compile(r"<[^<>]*>")
# Start tags without an end, and such as HTML closes by itself.
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
_CLOSED_BY_THEMSELVES = _VOID | {"p", "li", "dt", "dd", "tr", "td", "th", "option", "tbody", "thead", "tfoot", "colgroup"}
_STRUCTURE = {"div", "span", "center", "blockquote", "p", "br", "hr", "pre", "h1", "h2", "h3", "h4", "h5", "h6"}
_LISTS = {"ul", "ol", "li", "dl", "dt", "dd"}
_INLINE = {"a", "b", "strong", "i", "em", "u", "s", "strike", "del", "ins", "small", "big", "sub", "sup", "font", "code", "q"}
_TABLES = {"table", "caption", "thead", "tbody", "tfoot", "tr", "td", "th", "colgroup", "col"}
_TAGS = _STRUCTURE | _LISTS | _INLINE | _TABLES | {"img"}
_DROPPED_WITH_CONTENT = {"script", "style", "title", "head", "iframe", "object", "applet", "svg", "math", "template", "textarea", "select"}
_CELL = {"align", "valign", "width", "height", "colspan", "rowspan", "bgcolor"}
_ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "font": {"color", "size", "face"},
    "table": {"align", "width", "border", "cellpadding", "cellspacing", "bgcolor"},
    "tr": {"align", "valign", "bgcolor"},
    "td": _CELL,
    "th": _CELL,
    "div": {"align"},
    "p": {"align"},
    "ol": {"start", "type"},
    "col": {"span", "width"},
}
_SCHEMES = {"http", "https", "mailto", "tel", "cid", "data"}
# Raster images that stand in the mail itself. SVG is a document with scripts.
_IMAGE_SOURCE = re.compile(r"\s*(?:cid:|data:image/(?:png|gif|jpe?g|webp|bmp);base64,)", re.IGNORECASE)
_LINK = re.compile(r"\s*(?:https?:|mailto:|tel:)", re.IGNORECASE)
_CID = re.compile(r'src="cid:([^"]{1,1000})"', re.IGNORECASE)
_BLANK_LINES = re.compile(r"\n{3,}")


def is_tame(markup: str) -> bool:
    """Whether it can be sanitised in a time that grows with its length only."""
    if len(markup) > MOST_CHARACTERS:
        return False
    depth = 0
    for closing, name, attributes in _TAG.findall(markup):
        if attributes.count("=") > _MOST_ATTRIBUTES or len(attributes.split()) > 10 * _MOST_ATTRIBUTES:
            return False
        if name.lower() not in _CLOSED_BY_THEMSELVES:
            depth = max(depth - 1, 0) if closing else depth + 1
            if depth > _MOST_DEPTH:
                return False
    return True


def sanitise(markup: str) -> str:
    """Without scripts, styles, forms, frames, and without anything that would be loaded from elsewhere.

    Images remain where they stand in the mail (`cid:`) or in the markup (`data:`). Links remain, told to pass no referrer.
    """
    return nh3.clean(
        markup,
        tags=_TAGS,
        clean_content_tags=_DROPPED_WITH_CONTENT,
        attributes=_ATTRIBUTES,
        attribute_filter=_filter_attribute,
        url_schemes=_SCHEMES,
        url_relative="deny",
    )


def _filter_attribute(tag: str, attribute: str, value: str) -> str | None:
    if attribute == "src":
        return value if _IMAGE_SOURCE.match(value) else None
    if attribute == "href":
        return value if _LINK.match(value) else None
    return value


def to_text(sanitised: str) -> str:
    """Readable text of sanitised HTML."""
    try:
        text = get_text(sanitised, ParserConfig()) if sanitised.count("<") <= _MOST_TAGS else ""
    except Exception:
        # Whatever a parser of others raises: the words are wanted.
        text = ""
    # Very deep trees come out of libxml2 cut off.
    return tidy(text if text.strip() else strip_markup(sanitised))


def strip_markup(markup: str) -> str:
    """All that is no tag: for HTML that is too wild for more."""
    words = html.unescape(_MARKUP.sub(" ", markup))
    return tidy("\n".join(" ".join(line.split()) for line in words.split("\n")))


def shown_content_ids(sanitised: str) -> frozenset[str]:
    """The Content-IDs of the images shown in it."""
    return frozenset(html.unescape(content_id) for content_id in _CID.findall(sanitised))


def tidy(text: str) -> str:
    """Blanks at the ends of lines and more than one empty line in a row are layout, not text."""
    lines = (line.rstrip() for line in text.replace("\u00a0", " ").split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n")
