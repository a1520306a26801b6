"""The transcript that the organiser takes away."""

import logging

from font_source_sans_pro import font_files_ttf as fonts
from fpdf import FPDF

from podium.questions.text import plain

logging.getLogger("fontTools").setLevel(logging.WARNING)


def transcript_pdf(talk, questions, progress):
    """A title page, then the questions in the order given: a PDF document, as bytes."""
    pdf = FPDF()
    pdf.set_title(talk.title)
    pdf.add_font("Sans", "", fonts["SourceSansPro"])
    pdf.add_font("Sans", "B", fonts["SourceSansProBold"])
    pdf.add_page()
    pdf.set_y(100)
    write(pdf, talk.title, 28, "B")
    write(pdf, f"{talk.speaker} · {len(questions)} questions", 14)
    pdf.add_page()
    for number, question in enumerate(questions, 1):
        answered = " · answered" if question.answered else ""
        write(pdf, f"{question.score} votes · {question.author.nickname}{answered}", 10, "B")
        write(pdf, plain(question.html).strip(), 12)
        pdf.ln(4)
        if number % 10 == 0:
            progress(done=number, total=len(questions))
    return bytes(pdf.output())


def write(pdf, text, size, style=""):
    pdf.set_font("Sans", style, size)
    pdf.multi_cell(0, text=text, align="L", new_x="LMARGIN", new_y="NEXT")
