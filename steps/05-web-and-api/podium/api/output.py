"""Writing what a client gets."""


def fields(row, *names):
    return {name: getattr(row, name) for name in names}
