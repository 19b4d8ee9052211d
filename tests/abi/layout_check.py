#!/usr/bin/python3
"""layout_check.py INCLUDE_DIR LAYOUT_H: layout.h must mention all that the headers declare."""

import pathlib
import re
import sys

import abi_source


def missing(declared, layout):
    """What `layout` (the text of layout.h) says nothing of."""
    for name, fields in declared.structs.items():
        named = rf'(struct )?{name}'
        if not re.search(rf'^ABI_SIZE\({named}, \d+, \d+\);', layout, re.M):
            yield f'ABI_SIZE({name}, ...)'
        for field in fields:
            if not re.search(rf'^ABI_FIELD\({named}, {field.name}, \d+, \d+\);', layout, re.M):
                yield f'ABI_FIELD({name}, {field.name}, ...)'
        first = fields[0].name if fields else ''
        grows = name.startswith('ingest_') and name != 'ingest_str'
        if grows and (first != 'struct_size' or f'{name.upper()}_SIZE_0' not in declared.constants):
            yield f'a struct_size at the head of {name}, and {name.upper()}_SIZE_0'
    for constant in declared.constants:
        if not re.search(rf'^ABI_(ASSERT\({constant} == |TEXT\({constant}, )', layout, re.M):
            yield f'an assertion on {constant}'


def main():
    include, layout = sys.argv[1:]
    declared = abi_source.read(include)
    lacking = list(missing(declared, pathlib.Path(layout).read_text(encoding='utf-8')))
    for line in lacking:
        print(f'{layout} lacks {line}')
    count = sum(len(fields) for fields in declared.structs.values())
    print(f'layout: {len(declared.structs)} structs, {count} fields, '
          f'{len(declared.constants)} constants, {len(lacking)} missing')
    return 1 if lacking or count == 0 else 0


if __name__ == '__main__':
    sys.exit(main())
