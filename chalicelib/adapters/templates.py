"""The Jinja2 environments, one a language: strict about names, escaping in HTML, with the language's words."""

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import (
    Environment,
    FileSystemLoader,
    ModuleLoader,
    StrictUndefined,
    TemplateError,
    pass_context,
    select_autoescape,
)
from jinja2.runtime import Context
from markupsafe import Markup

from chalicelib.adapters.language import Locale, load_locale
from chalicelib.domain.text import Text, words

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
"""Beside ``chalicelib/``: in the repository, and at the root of the zip that Lambda unpacks."""

COMPILED = "compiled"
"""In the package, below ``TEMPLATES``: every template as a Python module, so that none is compiled for a reader."""


def render(name: str, locale: Locale, **context: Any) -> str:
    """The words of ``templates/<name>`` in a language. Raises ValueError, also for a name that the context lacks."""
    try:
        return environment(locale.code).get_template(name).render(locale=locale, **context)
    except TemplateError as error:
        raise ValueError(f"{name}: {error}") from error


@cache
def environment(code: str) -> Environment:
    """The environment of one language. In it: ``{% trans %}``, ``_()``; the filters ``words`` and ``mailto``.

    ``text|words`` is a Text in the language; ``address|mailto`` a link that opens a mail.
    """
    locale, ready = load_locale(code), TEMPLATES / COMPILED
    made = Environment(
        loader=ModuleLoader(ready) if ready.exists() else FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(("html",)), undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, auto_reload=False, extensions=["jinja2.ext.i18n"])
    made.policies["ext.i18n.trimmed"] = True
    install: Callable[..., None] = getattr(made, "install_gettext_translations")  # noqa: B009  (added by the extension)
    install(locale.catalogue, newstyle=True)
    made.globals["gettext"] = made.globals["_"] = _gettext(locale)
    made.filters.update(words=partial(_words, code), mailto=_mailto)
    return made


def _gettext(locale: Locale) -> Callable[..., str]:
    """``{% trans %}`` and ``_()`` as the extension has them, where looking sentences up is a quarter of a mail."""

    @cache
    def sentence(message: str, escaping: bool) -> str:
        return Markup(locale.gettext(message)) if escaping else locale.gettext(message)

    @cache
    def plain(message: str, escaping: bool) -> str:
        return sentence(message, escaping) % {}

    @pass_context
    def said(context: Context, message: str, **values: Any) -> str:
        escaping = context.eval_ctx.autoescape
        return sentence(message, escaping) % values if values else plain(message, escaping)

    return said


def _words(code: str, text: Text) -> str:
    return words(text, code)


def _mailto(address: str) -> Markup:
    return Markup('<a href="mailto:{}">{}</a>').format(quote(address, safe="@"), address)
