"""The types of the ABI's fields and functions, read from the text of its headers, and as the Rust
mirror in plugin-api/rust/src/abi.rs has to spell them."""

import pathlib
import re
from typing import NamedTuple

import abi_source

RUST_NAMES = {'char': 'u8', 'uint8_t': 'u8', 'uint32_t': 'u32', 'int32_t': 'i32', 'uint64_t': 'u64',
              'int64_t': 'i64', 'double': 'f64', 'void': 'c_void'}


class Type(NamedTuple):
    base: str  # 'int32_t', 'ingest_str', 'struct ArrowSchema'
    pointers: tuple  # outermost last; True: to what is const
    size: int  # of an array; 0: none

    def rust(self):
        name = RUST_NAMES.get(self.base, self.base.replace('struct ', ''))
        for is_const in self.pointers:
            name = ('*const ' if is_const else '*mut ') + name
        return f'[{name}; {self.size}]' if self.size else name


class Function(NamedTuple):
    returns: Type
    parameters: list

    def rust(self):
        result = self.returns.rust()
        arrow = '' if result == 'c_void' else f' -> {result}'
        taken = ', '.join(one.rust() for one in self.parameters)
        return f'unsafe extern "C" fn({taken}){arrow}'


def type_of(declared, is_named=True):
    """Of 'const struct ArrowSchema *const *schema'."""
    array = re.search(r'\[(\d+)\]', declared)
    declared = re.sub(r'\[\d+\]', '', declared)
    if is_named:
        declared = re.sub(r'\w+\s*$', '', declared)
    levels = declared.split('*')
    base = levels[0].replace('const', ' ').split()
    consts = ['const' in level.split() for level in levels]
    return Type(' '.join(base), tuple(consts[:-1]), int(array[1]) if array else 0)


def declaration(text):
    """(name, Type or Function) of one field."""
    text = ' '.join(text.split())
    function = re.fullmatch(r'(.*?)\(\*(\w+)\) ?\((.*)\)', text)
    if not function:
        return re.search(r'(\w+)\s*(\[\w+\])?$', text)[1], type_of(text)
    returns, name, parameters = function.groups()
    return name, Function(type_of(returns, False), [
        type_of(one, bool(re.search(r'[\s*]\w+$', one.replace('struct ', ''))))
        for one in parameters.split(',')])


def read(include):
    """{struct: {field: Type or Function}}"""
    structs = {}
    for header in sorted(pathlib.Path(include, 'ingest', 'plugin').glob('*.h')):
        text = abi_source.code_of(header)
        for name, body in abi_source.STRUCT.findall(text):
            fields = [one for one in body.split(';') if one.strip()]
            structs[name] = dict(map(declaration, fields))
    return structs
