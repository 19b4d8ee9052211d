"""Reading C and C++ without a compiler: enough to tell code from comments and to find functions."""

import re

TOKEN = re.compile(
    r'(?P<line>//[^\n]*)|(?P<block>/\*.*?\*/)|(?P<raw>R"(?P<d>[^()\\\s]{0,16})\(.*?\)(?P=d)")'
    r'|(?P<string>"(?:\\.|[^"\\\n])*")|(?P<char>(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\')', re.S)


def blank(text):
    return re.sub(r'[^\n]', ' ', text)


def code_of(text):
    """The text with comments and the contents of literals blanked; same length, same lines."""
    def replace(match):
        whole = match.group(0)
        if match.lastgroup in ('line', 'block'):
            return blank(whole)
        return whole[0] + blank(whole[1:-1]) + whole[-1]

    lines = []
    for line, original in zip(TOKEN.sub(replace, text).split('\n'), text.split('\n')):
        # The quotes of an include are not a string's.
        lines.append(original if re.match(r'\s*#\s*include\b', line) else line)
    return '\n'.join(lines)


def line_of(text, offset):
    return text.count('\n', 0, offset) + 1


NOT_A_FUNCTION = re.compile(
    r'^\s*(if|for|while|switch|catch|do|else|namespace|class|struct|union|enum|extern|return)\b')


def functions(code):
    """(first line, number of lines) of each outermost function body, by its braces."""
    # A macro's or condition's line has no function of ours and may not balance.
    code = re.sub(r'(?m)^[ \t]*#(?:.*\\\n)*.*$', lambda m: blank(m.group(0)), code)
    found = []
    depth = 0
    start = None  # (offset of the head, depth of the body's brace)
    head = 0
    for match in re.finditer(r'[{};]', code):
        mark, at = match.group(0), match.start()
        if mark == '{':
            text = code[head:at]
            if start is None and '(' in text and not NOT_A_FUNCTION.match(text) \
                    and not re.search(r'=\s*$', text):
                start = (head + len(text) - len(text.lstrip()), depth)
            depth += 1
        elif mark == '}':
            depth -= 1
            if start is not None and depth == start[1]:
                first = line_of(code, start[0])
                found.append((first, line_of(code, at) - first + 1))
                start = None
        if start is None or depth == start[1] + 1:
            head = match.end()
    return found


def awaits(code):
    """(line, expression) of each co_await, up to the end of the expression that it stands in."""
    for match in re.finditer(r'\bco_await\b', code):
        depth = 0
        end = match.end()
        while end < len(code):
            mark = code[end]
            if mark in '([{':
                depth += 1
            elif mark in ')]}':
                depth -= 1
            if depth < 0 or (depth == 0 and mark == ';'):
                break
            end += 1
        yield line_of(code, match.start()), code[match.end():end]
