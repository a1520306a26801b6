"""Whether files can be read at all, before anything is started."""

from __future__ import annotations

from collections.abc import Mapping

from jinja2 import Environment, TemplateSyntaxError

# What Flask's templates may use.
TEMPLATES = Environment(extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"])


def problem(contents: Mapping[str, bytes]) -> tuple[str, int, str] | None:
    """Return the path, the line and the reason of the first file that cannot be read.

    Looks at Python files and HTML templates; other files are for their programs to judge.
    """
    for name, content in contents.items():
        try:
            if name.endswith(".py"):
                compile(content, name, "exec", dont_inherit=True)
            elif name.endswith(".html"):
                TEMPLATES.parse(content.decode("utf-8"))
        except SyntaxError as error:
            return name, error.lineno or 1, _with_line(error)
        except TemplateSyntaxError as error:
            return name, error.lineno, error.message or "template syntax error"
        except (UnicodeDecodeError, ValueError) as error:
            return name, 1, str(error)
    return None


def _with_line(error: SyntaxError) -> str:
    line = (error.text or "").rstrip()
    if not line:
        return f"{type(error).__name__}: {error.msg}"
    indent = len(line) - len(line.lstrip())
    column = max((error.offset or 1) - 1 - indent, 0)
    return f"{type(error).__name__}: {error.msg}\n    {line.lstrip()}\n    {' ' * column}^"
