"""What the ABI's headers declare, read from their text."""

import pathlib
import re
from typing import NamedTuple

STRUCT = re.compile(r'(?:typedef )?struct (\w+) \{(.*?)\n\}', re.S)
CONSTANT = re.compile(r'^#define ((?:INGEST|ARROW_FLAG)_\w+)[ \t]+\S', re.M)
FUNCTION = re.compile(r'\(\*(\w+)\)\s*\(')


class Field(NamedTuple):
    name: str
    is_function: bool


class Declared(NamedTuple):
    structs: dict  # name -> [Field]
    constants: list


def fields_of(body):
    for declaration in body.split(';'):
        function = FUNCTION.search(declaration)
        plain = re.search(r'(\w+)\s*(\[\w+\])?\s*$', declaration)
        if function:
            yield Field(function[1], True)
        elif plain:
            yield Field(plain[1], False)


def code_of(header):
    """Its text without comments."""
    return re.sub(r'/\*.*?\*/', '', header.read_text(encoding='utf-8'), flags=re.S)


def read(include):
    """The structs and constants of the headers in `include`/ingest/plugin."""
    structs, constants = {}, []
    for header in sorted(pathlib.Path(include, 'ingest', 'plugin').glob('*.h')):
        text = code_of(header)
        constants += CONSTANT.findall(text)
        for name, body in STRUCT.findall(text):
            structs[name] = list(fields_of(body))
    return Declared(structs, constants)
