"""Template tags of the page.

{% load page lucide %}
{% importmap %}                    the import map, with the nonce that the content security policy asks for
{{ boot|boot_block:"boot" }}       the JSON block that the front end starts from
"""

from django import template
from django.template.context import Context
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString, mark_safe

from playground.static_files import import_map

register = template.Library()


@register.simple_tag(takes_context=True)
def importmap(context: Context) -> SafeString:
    # The map holds only names of our own files; "<" cannot occur, and would be harmless if escaped.
    return format_html(
        '<script type="importmap" nonce="{}">{}</script>',
        context["request"].csp_nonce,
        mark_safe(import_map().replace("<", "\\u003c")),  # noqa: S308
    )


@register.filter
def boot_block(value: object, element_id: str) -> SafeString:
    return json_script(value, element_id)
