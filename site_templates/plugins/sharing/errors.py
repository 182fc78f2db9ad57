"""What may stand in the way of a study, by what is to be done about it."""


class Unreachable(Exception):
    """Nobody answered, or not to the end, or not now: tried again for as long as it takes."""


class Refused(Exception):
    """The receiver will not have it. Tried again a few times, for links may be in the making; then a dead letter."""


class Forbidden(Exception):
    """Not for this caller to ask."""


class Broken(Exception):
    """One instance cannot be sent; the others can."""
