"""What can be handed in, by name: all that pages need. What a file is, ``file_kinds`` says."""

from typing import Literal

Format = Literal["text", "pdf", "docx", "pptx", "odt", "jpeg", "png"]

FILES: tuple[Format, ...] = ("pdf", "docx", "pptx", "odt", "jpeg", "png")

NAMES: dict[Format, str] = {"pdf": "PDF", "docx": "DOCX", "pptx": "PPTX", "odt": "ODT",
                            "jpeg": "JPEG", "png": "PNG"}  # fmt: skip
"""As people call them, in every language."""

SUFFIXES: dict[Format, tuple[str, ...]] = {"text": (".txt",), "pdf": (".pdf",), "docx": (".docx",), "pptx": (".pptx",),
                                           "odt": (".odt",), "jpeg": (".jpg", ".jpeg"), "png": (".png",)}  # fmt: skip
