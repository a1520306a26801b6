"""The docs site: code, figures and pictures for its pages out of the repository, and its checks.

What a page or a slide needs is plain functions: `source` (code by symbol), `filediff` (what differs
in a file), `topology` and `picture` (what a step runs), `course.load.figures` (what was measured).
`blocks` turns them into HTML, `fences` and `inline` hand that to Python-Markdown.
"""
