"""For mkdocs: a docstring keeps its columns below its first sentence."""

from typing import Any

from griffe import Extension, Object


class Columns(Extension):
    def on_object(self, *, obj: Object, **_: Any) -> None:
        if obj.docstring is None:
            return
        first, _, rest = obj.docstring.value.partition("\n\n")
        if rest.strip():
            obj.docstring.value = f"{first}\n\n```text\n{rest.rstrip()}\n```"
