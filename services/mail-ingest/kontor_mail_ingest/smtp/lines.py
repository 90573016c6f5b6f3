"""The bytes between DATA and its end, as they are to be kept.

Only CRLF `.` CRLF ends a mail (RFC 5321 section 4.1.1.4), so no other spelling of it can smuggle in a second one. For CR and
LF that stand alone, which section 2.3.8 forbids, the policy is that of Postfix (`smtpd_forbid_bare_newline = normalize`,
`cleanup_replace_stray_cr_lf`): they are made harmless and not refused, because scanners and scripts that send them are many
and their users cannot mend them. What is kept has CRLF line ends throughout, so that whoever reads it later (our reader,
a signature check, a program to which it is forwarded) sees the same lines.
"""

import re

END = b"\r\n.\r\n"

# Also CR CR LF, which broken programs make of CR LF; RFC 5321 knows no line end of three.
_LINE_END = re.compile(rb"\r*\n")
_LONE_CR = re.compile(rb"\r(?!\n)")
_STUFFED = re.compile(rb"\r\n\.(?!\r\n)")


def received(data: bytes) -> bytes:
    """What the sender meant. `data` begins with the CRLF that ends the command line and ends with the CRLF before the dot.

    The first dot of a line is removed (section 4.5.2), also after a line end that had to be mended; a line that is nothing
    but a dot, which only a mended line end can leave, stays.
    """
    ends = data.count(b"\r\n")
    if data.count(b"\n") != ends or data.count(b"\r") != ends:
        data = _LONE_CR.sub(b" ", _LINE_END.sub(b"\r\n", data))
    return _STUFFED.sub(b"\r\n", data)[2:]
