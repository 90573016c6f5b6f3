"""Text with format=flowed (RFC 3676): paragraphs are put together again."""


def unflow(text: str, *, delete_space: bool = False) -> str:
    """Join lines that end in a blank with the next of the same quote depth. `delete_space` is the parameter DelSp."""
    pieces: list[str] = []
    open_depth: int | None = None
    for number, line in enumerate(text.split("\n")):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        # RFC 3676 section 4.3: the signature line is fixed, though it ends in a blank.
        signature = content == "-- "
        flows = content.endswith(" ") and not signature
        if open_depth != depth or signature:
            pieces.append("\n" if number else "")
            pieces.append(f"{'>' * depth} " if depth else "")
        pieces.append(content[:-1] if flows and delete_space else content)
        open_depth = depth if flows else None
    return "".join(pieces)
