"""The ways in which a rule says no."""


class ServiceError(Exception):
    """`reason` is a sentence for whoever asked; `field` is what they got wrong, if it is one."""

    def __init__(self, reason, field=None):
        super().__init__(reason)
        self.reason, self.field = reason, field


class Invalid(ServiceError):
    pass


class Forbidden(ServiceError):
    pass


class NotFound(ServiceError):
    pass


class Conflict(ServiceError):
    pass


class Mismatch(ServiceError):
    pass


class Gone(ServiceError):
    pass


class Later(ServiceError):
    """`wait` is the number of seconds after which it will do."""

    def __init__(self, reason, wait):
        super().__init__(reason)
        self.wait = wait


class TooOften(Later):
    """It is up to who asks: they did so too often."""


class Busy(Later):
    """It is up to us: there is too much to do."""
