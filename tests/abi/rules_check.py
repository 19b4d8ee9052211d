#!/usr/bin/python3
"""rules_check.py INCLUDE_DIR ABI_RS: the rules of docs/plugin-abi.md that show in the text of the
headers, and that the Rust mirror says the same as they do."""

import pathlib
import re
import sys

import abi_source
import abi_types

FIXED = {'char', 'uint8_t', 'uint32_t', 'int32_t', 'uint64_t', 'int64_t', 'double', 'void'}
# What the host makes and plugins call.
HOST_TABLES = ('ingest_host', 'ingest_options', 'ingest_report', 'ingest_rows')
BANNED = re.compile(r'\b(enum|union|bool|_Bool|long|short|int|unsigned|size_t|float|va_list|std)\b|'
                    r'\.\.\.|:\s*\d+\s*;')
RUST_STRUCT = re.compile(r'pub struct (\w+) \{(.*?)\n\}', re.S)
RUST_TYPE = re.compile(r'pub type (\w+) = (.*?);', re.S)
RUST_CONSTANT = re.compile(r'pub const (\w+): [^=]+= (.*?);')


def problems_of_type(where, used, structs):
    name = used.base.replace('struct ', '')
    if used.base not in FIXED and name not in structs:
        yield f'{where}: {used.base} is no fixed-width type and no struct of the ABI'
    if name in structs and not used.pointers and name != 'ingest_str':
        yield f'{where}: {name} is passed by value and could never grow'
    if used.base == 'char' and not (used.pointers or used.size):
        yield f'{where}: char has no sign that is the same everywhere; take int32_t'


def problems_of_field(where, struct, field, structs):
    if not isinstance(field, abi_types.Function):
        yield from problems_of_type(where, field, structs)
        return
    for used in [field.returns, *field.parameters]:
        if used != abi_types.Type('void', (), 0):
            yield from problems_of_type(where, used, structs)
    for used in field.parameters:
        if struct in HOST_TABLES and used.base.startswith('ingest_') and used.pointers:
            yield (f'{where}: {used.base} is a request, the first that plugins make of a host: its '
                   'reader must refuse an unknown tail that is not zero (docs/plugin-abi.md)')


def types(include):
    structs = abi_types.read(include)
    for struct, fields in structs.items():
        for name, field in fields.items():
            yield from problems_of_field(f'{struct}.{name}', struct, field, structs)
    for header in sorted(pathlib.Path(include, 'ingest', 'plugin').glob('*.h')):
        for match in BANNED.finditer(abi_source.code_of(header)):
            yield f'{header.name}: {match[0]!r} has not the same size or meaning everywhere'


def threads(include):
    """Each function says its thread: itself, or its struct for all of them."""
    for header in sorted(pathlib.Path(include, 'ingest', 'plugin').glob('*.h')):
        text = header.read_text(encoding='utf-8')
        for match in abi_source.STRUCT.finditer(text):
            head = text[text.rfind('/*', 0, match.start()):match.start()]
            comment = ''
            for part in re.split(r'(/\*.*?\*/)', match[2], flags=re.S):
                if part.startswith('/*'):
                    comment = part
                    continue
                for function in abi_source.FUNCTION.findall(part):
                    named = function == 'release' or re.search('thread', head + comment, re.I)
                    if not named:
                        yield f'{match[1]}.{function} does not say on which thread it is called'


def one_line(text):
    text = ' '.join(text.split()).rstrip(',')
    return re.sub(r'\( ', '(', re.sub(r',? \)', ')', text))


def rust_fields(body, aliases):
    for field in re.split(r'\n    pub ', body)[1:]:
        name, text = one_line(field).split(': ', 1)
        option = re.fullmatch(r'Option<(.*)>', text)
        yield name, aliases.get(text, option[1] if option else text).replace('c_char', 'u8')


def plain(text):
    """'UINT32_C(1)' and '"x"' as 1 and x."""
    number = re.fullmatch(r'(?:U?INT\d+_C\()?(-?\d+)\)?', text)
    return number[1] if number else text.strip('"')


def rust(include, abi_rs):
    text = re.sub(r'//.*', '', pathlib.Path(abi_rs).read_text(encoding='utf-8'))
    aliases = {name: one_line(one) for name, one in RUST_TYPE.findall(text)}
    mirrored = {name: list(rust_fields(body, aliases)) for name, body in RUST_STRUCT.findall(text)}
    for struct, fields in abi_types.read(include).items():
        wanted = [(name, field.rust()) for name, field in fields.items()]
        if mirrored.get(struct) != wanted:
            yield f'abi.rs: {struct} is {mirrored.get(struct)}, the header has {wanted}'
    values = {}
    for header in pathlib.Path(include, 'ingest', 'plugin').glob('*.h'):
        values.update(re.findall(r'^#define (\w+) (\S+)', abi_source.code_of(header), re.M))
    for name, value in RUST_CONSTANT.findall(text):
        if name != '_' and plain(values.get(name, 'nothing')) != plain(value):
            yield f'abi.rs: {name} is {value}, the header has {values.get(name, "nothing")}'


def main():
    include, abi_rs = sys.argv[1:]
    problems = [*types(include), *threads(include), *rust(include, abi_rs)]
    for problem in problems:
        print(problem)
    print(f'rules: {len(abi_types.read(include))} structs, {len(problems)} problems')
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
