"""A vendor's OpenAPI document as a judge of single messages: what is asked of the vendor, and what it answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

from openapi_schema_validator import (
    OAS30ReadValidator,
    OAS30WriteValidator,
    OAS31Validator,
    oas30_format_checker,
    oas31_format_checker,
)
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.integrations.answering import Asked, Says

from .openapi_document import Schema, as_meant, at, joined

HOME = "urn:vendor"
METHODS = ("get", "post", "put", "patch", "delete")
# What our client sends with every call, whatever the vendor.
USUAL_HEADERS = {"authorization", "content-type", "accept"}
FORM = "application/x-www-form-urlencoded"


class OpenApi:
    """`mount` is the part of our server's paths that stands before the document's paths."""

    def __init__(self, document: dict[str, Any], mount: str = "") -> None:
        self.document = as_meant(document)
        self.mount = mount.rstrip("/")
        self.is_newer = str(document.get("openapi", "")).startswith("3.1")

    @classmethod
    def of(cls, *files: Path, mount: str = "") -> OpenApi:
        """Several documents of one vendor are joined; where two say something of the same path, the first counts."""
        return OpenApi(joined(tuple(files)), mount)

    def request_problems(self, asked: Asked) -> list[str]:
        found = self._operation(asked)
        if found is None:
            return [f"{asked.method} {asked.path}: the vendor has no such call"]
        at, operation, in_path = found
        name = f"{asked.method} {asked.path}"
        told = [
            *self._parameter_problems(at, operation, asked, in_path),
            *self._identity_problems(operation, asked),
            *self._body_problems(at, operation, asked),
        ]
        return [f"{name}: {problem}" for problem in told]

    def answer_problems(self, asked: Asked, says: Says) -> list[str]:
        found = self._operation(asked)
        if found is None:
            return []
        at, operation, _ = found
        name = f"the answer {says.status} to {asked.method} {asked.path}"
        responses = operation.get("responses", {})
        for status in (str(says.status), f"{says.status // 100}XX", "default"):
            if status in responses:
                break
        else:
            # Many documents describe what goes well alone.
            return [] if says.status >= 400 else [f"{name}: the vendor answers with {', '.join(responses)}"]
        if says.status == 204 and says.body is None:
            # HTTP allows no body there, whatever a document describes.
            return []
        place, response = self._resolved(f"{at}/responses/{_escaped(status)}", responses[status])
        content = response.get("content") or {}
        kind = next((kind for kind in content if "json" in kind), None)
        if kind is None or "schema" not in content[kind]:
            return [] if says.body is None or says.status >= 400 else [f"{name}: the vendor sends no body"]
        problems = self._told(f"{place}/content/{_escaped(kind)}/schema", json.loads(says.content()), "read")
        return [f"{name}: {problem}" for problem in problems]

    # Finding the call.

    @cached_property
    def _calls(self) -> list[tuple[re.Pattern[str], tuple[str, ...], str, Schema]]:
        found = []
        for path, item in self.document["paths"].items():
            names = tuple(re.findall(r"{([^}]+)}", path))
            pattern = "([^/]+)".join(re.escape(piece) for piece in re.split(r"{[^}]+}", path))
            found.append((re.compile(pattern.rstrip("/") + "/?$"), names, path, item))
        # What has fewer placeholders is nearer to what is meant.
        return sorted(found, key=lambda call: (len(call[1]), call[2]))

    def _operation(self, asked: Asked) -> tuple[str, Schema, dict[str, str]] | None:
        if not asked.path.startswith(self.mount):
            return None
        path = asked.path[len(self.mount) :]
        for pattern, names, template, item in self._calls:
            method = asked.method.lower()
            if (match := pattern.match(path)) and method in item:
                at = f"/paths/{_escaped(template)}"
                operation = {**item[method], "_shared": item.get("parameters", []), "_item": at}
                return (
                    f"{at}/{method}",
                    operation,
                    dict(zip(names, map(unquote, match.groups()), strict=True)),
                )
        return None

    # Parameters.

    def _parameter_problems(
        self, at: str, operation: Schema, asked: Asked, in_path: dict[str, str]
    ) -> Iterator[str]:
        declared = dict(self._parameters(at, operation))
        query = dict(asked.query)
        for (place, name), (where, parameter) in declared.items():
            if place == "query":
                sent, used = _from_query(query, name)
                for key in used:
                    query.pop(key, None)
            elif place == "header":
                value = asked.headers.get(name.lower())
                sent = [] if value is None else [value]
            else:
                sent = [in_path[name]] if name in in_path else []
            if not sent:
                if parameter.get("required") and not (place == "header" and name.lower() in USUAL_HEADERS):
                    yield f"{place} {name} is required"
                continue
            yield from self._value_problems(f"{place} {name}", where, parameter, sent)
        keys = set(self._key_names("query"))
        for name in query:
            if name not in keys:
                yield f"the query has {name}, which the vendor does not know"

    def _parameters(self, at: str, operation: Schema) -> Iterator[tuple[tuple[str, str], tuple[str, Schema]]]:
        for place, listed in (
            (f"{operation['_item']}/parameters", operation["_shared"]),
            (f"{at}/parameters", operation.get("parameters", [])),
        ):
            for number, parameter in enumerate(listed):
                where, parameter = self._resolved(f"{place}/{number}", parameter)
                yield (parameter["in"], parameter["name"]), (where, parameter)

    def _value_problems(self, name: str, where: str, parameter: Schema, sent: Any) -> list[str]:
        if "schema" in parameter:
            place, schema = f"{where}/schema", parameter["schema"]
        elif "content" in parameter:
            kind, media = next(iter(parameter["content"].items()))
            place, schema = f"{where}/content/{_escaped(kind)}/schema", media.get("schema", {})
            sent = json.loads(sent[0])
            return [f"{name} {problem}" for problem in self._told(place, sent, "write")]
        else:
            return []
        value = self._in_its_type(schema, sent)
        return [f"{name} {problem}" for problem in self._told(place, value, "write")]

    def _in_its_type(self, schema: Schema, sent: Any) -> Any:
        """Texts of a query or a form as what the schema wants them to be, where they can be."""
        _, schema = self._resolved("", schema)
        for part in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
            value = self._in_its_type(part, sent)
            if not isinstance(value, (str, list)) or _type_of(self._resolved("", part)[1]) == "array":
                return value
        kind = _type_of(schema)
        if isinstance(sent, dict):
            properties = schema.get("properties", {})
            extra = schema.get("additionalProperties")
            other = extra if isinstance(extra, Mapping) else {}
            return {key: self._in_its_type(properties.get(key, other), value) for key, value in sent.items()}
        if kind == "array":
            values = sent if isinstance(sent, list) else [sent]
            if len(values) == 1 and isinstance(values[0], str) and "," in values[0]:
                values = values[0].split(",")
            return [self._in_its_type(schema.get("items", {}), value) for value in values]
        text = sent[-1] if isinstance(sent, list) else sent
        if isinstance(text, str) and kind in ("integer", "number", "boolean"):
            try:
                return json.loads(text)
            except json.JSONDecodeError:
                return text
        return text

    # Who calls.

    def _identity_problems(self, operation: Schema, asked: Asked) -> Iterator[str]:
        wanted = operation.get("security", self.document.get("security", []))
        schemes = self.document.get("components", {}).get("securitySchemes", {})
        ways = [way for way in wanted if all(name in schemes for name in way)]
        if ways and not any(all(_is_shown(schemes[name], asked) for name in way) for way in ways):
            yield f"who calls is not said in one of the ways {sorted({name for way in ways for name in way})}"

    def _key_names(self, place: str) -> Iterator[str]:
        for scheme in self.document.get("components", {}).get("securitySchemes", {}).values():
            if scheme.get("type") == "apiKey" and scheme.get("in") == place:
                yield scheme["name"]

    # The body.

    def _body_problems(self, at: str, operation: Schema, asked: Asked) -> Iterator[str]:
        if "requestBody" not in operation:
            if asked.raw not in (b"", b"{}"):
                yield "the vendor takes no body here"
            return
        place, body = self._resolved(f"{at}/requestBody", operation["requestBody"])
        if not asked.raw:
            if body.get("required"):
                yield "the body is missing"
            return
        sent = asked.headers.get("content-type", "").partition(";")[0].strip()
        content = body["content"]
        kind = next((kind for kind in content if kind.partition(";")[0].strip() == sent), None)
        if kind is None:
            yield f"the body is {sent}, the vendor takes {', '.join(content)}"
            return
        schema_at = f"{place}/content/{_escaped(kind)}/schema"
        schema = content[kind].get("schema", {})
        value = self._in_its_type(schema, _form(asked.raw.decode())) if sent == FORM else asked.json
        yield from (f"body {problem}" for problem in self._told(schema_at, value, "write"))
        yield from (f"body {problem}" for problem in self._unknown(schema, value, ""))

    def _unknown(self, schema: Schema, value: Any, at: str) -> Iterator[str]:
        """Fields that no part of the schema names: a vendor would ignore them, and the value would be lost."""
        _, schema = self._resolved("", schema)
        if isinstance(value, list):
            items = schema.get("items")
            for part in (schema, *self._parts(schema)):
                items = items or part.get("items")
            for number, one in enumerate(value):
                yield from self._unknown(items or {}, one, f"{at}[{number}]")
            return
        if not isinstance(value, dict):
            return
        parts = [schema, *self._parts(schema)]
        known: dict[str, list[Schema]] = {}
        for part in parts:
            for name, below in part.get("properties", {}).items():
                known.setdefault(name, []).append(below)
        if not known or any(part.get("additionalProperties") not in (None, False) for part in parts):
            return
        for name, below in value.items():
            if name not in known:
                yield f"{at}.{name}".lstrip(".") + " is no field of the vendor's"
            else:
                merged = known[name][0] if len(known[name]) == 1 else {"anyOf": known[name]}
                yield from self._unknown(merged, below, f"{at}.{name}")

    def _parts(self, schema: Schema) -> Iterator[Schema]:
        for word in ("allOf", "anyOf", "oneOf"):
            for part in schema.get(word, ()):
                _, part = self._resolved("", part)
                yield part
                yield from self._parts(part)

    # Schemas.

    @cached_property
    def _registry(self) -> Registry[Any]:
        resource: Resource[Any] = DRAFT202012.create_resource(self.document)
        found: Registry[Any] = Registry().with_resource(HOME, resource)
        return found

    def _told(self, place: str, value: Any, direction: str) -> list[str]:
        schema = {"$ref": f"{HOME}#{place}"}
        if self.is_newer:
            validator = OAS31Validator(schema, registry=self._registry, format_checker=oas31_format_checker)
        else:
            kind = OAS30ReadValidator if direction == "read" else OAS30WriteValidator
            validator = kind(schema, registry=self._registry, format_checker=oas30_format_checker)
        return [
            f"{'.'.join(map(str, error.absolute_path)) or '(whole)'}: {error.message[:300]}"
            for error in validator.iter_errors(value)
        ]

    def _resolved(self, place: str, found: Schema) -> tuple[str, Schema]:
        """What a reference leads to, and where that stands in the document."""
        while "$ref" in found:
            place = found["$ref"].removeprefix("#")
            found = at(self.document, place)
        return place, found


def _from_query(query: Mapping[str, list[str]], name: str) -> tuple[Any, list[str]]:
    """The value, and the names in the query that it was made of: `a`, `a[]`, or `a[b]` for an object."""
    for key in (name, f"{name}[]"):
        if key in query:
            return query[key], [key]
    parts = {key: values for key, values in query.items() if key.startswith(f"{name}[") and key.endswith("]")}
    value = {key[len(name) + 1 : -1]: values[-1] for key, values in parts.items()}
    return value or [], list(parts)


def _form(text: str) -> dict[str, Any]:
    """`a[b][c]=1` is {"a": {"b": {"c": "1"}}}; `a[0]` and `a[]` are lists."""
    tree: dict[str, Any] = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        head, *rest = key.replace("]", "").split("[")
        here, name = tree, head
        for part in rest:
            here = here.setdefault(name, {})
            name = part or str(len(here))
        here[name] = value
    found = _with_lists(tree)
    return found if isinstance(found, dict) else {}


def _with_lists(tree: Any) -> Any:
    if not isinstance(tree, dict):
        return tree
    made = {key: _with_lists(value) for key, value in tree.items()}
    return list(made.values()) if made and all(key.isdigit() for key in made) else made


def _is_shown(scheme: Schema, asked: Asked) -> bool:
    if scheme["type"] == "apiKey":
        where: Mapping[str, Any] = asked.headers if scheme["in"] == "header" else asked.query
        return (scheme["name"].lower() if scheme["in"] == "header" else scheme["name"]) in where
    told = asked.headers.get("authorization", "").lower()
    if scheme["type"] == "http":
        return told.startswith(str(scheme["scheme"]).lower() + " ")
    return told.startswith("bearer ")


def _type_of(schema: Schema) -> str:
    kind = schema.get("type", "")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "")
    return str(kind or ("object" if "properties" in schema else ""))


def _escaped(text: str) -> str:
    return (
        text.replace("~", "~0").replace("/", "~1").replace("%", "%25").replace("{", "%7B").replace("}", "%7D")
    )
