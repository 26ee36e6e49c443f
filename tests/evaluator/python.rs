//! Values of Python: constants, comprehensions, built-in functions, classes.

use super::check_py;

#[test]
fn constants_and_containers() {
    check_py(&[
        ("A = 'a'\nx = [A, f'{A}b', *['c']]", r#"["a", "ab", "c"]"#),
        ("base = {'a': 1, 'b': 2}\nx = {**base, 'b': 3}", "{a: 1, b: 3}"),
        ("x = {'a': 1} | {'b': 2}", "{a: 1, b: 2}"),
        ("x = dict(a=1, **{'b': 2})", "{a: 1, b: 2}"),
        ("x = ['a'] + ['b']\nx += ['c']\nx.append('d')\nx.extend(['e'])", r#"["a", "b", "c", "d", "e"]"#),
        ("x = ['a']\nx.insert(0, 'b')\nx.remove('a')", r#"["b"]"#),
        ("a, b = 'c', 'd'\nx = [b, a]", r#"["d", "c"]"#),
        ("a = x = ['b']", r#"["b"]"#),
        ("x = {'a': 1}\nx['b'] = 2\nx.update(c=3)", "{a: 1, b: 2, c: 3}"),
        ("x = {'a': {'b': 'c'}}['a']['b']", r#""c""#),
        ("x = {'a': 1}.get('b', 2)", "2"),
        ("x = 'a' if True else 'b'", r#""a""#),
        ("x = 60 * 60", "3600"),
        ("x = ('a', 'b')[0] + ['c', 'd'][-1]", r#""ad""#),
        ("x = not []", "true"),
        ("if (n := 'a'):\n    x = n", r#""a""#),
    ]);
}

#[test]
fn texts() {
    check_py(&[
        ("x = [s.strip() for s in ' a , b,'.split(',') if s.strip()]", r#"["a", "b"]"#),
        ("x = list(map(str.strip, 'a , b'.split(',')))", r#"["a", "b"]"#),
        ("x = list(filter(None, ['a', '']))", r#"["a"]"#),
        ("x = 'a b'.split()", r#"["a", "b"]"#),
        ("x = ','.join(['a', 'b'])", r#""a,b""#),
        // Known limit: both ways of formatting that came before f-strings.
        ("x = 'https://{}'.format('a')", "?"),
        ("x = 'https://%s' % 'a'", "?"),
        ("x = 'a'.upper() + 'B'.lower()", r#""Ab""#),
        ("x = 'https://a/'.rstrip('/')", r#""https://a""#),
        ("x = 'abc'[1:]", r#""bc""#),
        ("x = 'b' in 'abc' and 'z' not in ['a']", "true"),
        ("x = 'abc'.startswith(('z', 'a'))", "true"),
        ("import re\nx = bool(re.match(r'^a', 'ab'))", "true"),
        ("import json\nx = json.loads('[\"a\"]')", r#"["a"]"#),
    ]);
}

#[test]
fn comprehensions_and_functions() {
    check_py(&[
        ("x = [f'https://{h}' for h in ['a', 'b'] if h != 'a']", r#"["https://b"]"#),
        // Known limit: comprehensions of dicts and those with two loops have no form in the tree.
        ("x = {k: v for k, v in {'a': 1}.items()}", "?"),
        ("x = [f'{a}{b}' for a in ['a', 'b'] for b in ['c']]", "?"),
        ("x = any(h == 'a' for h in ['a', 'b'])", "true"),
        ("x = all(h == 'a' for h in ['a', 'b'])", "false"),
        ("def f(a, *rest, b='c', **kw):\n    return [a, rest, b, kw]\nx = f(1, 2, d=3)", r#"[1, [2], "c", {d: 3}]"#),
        ("def f(a, b):\n    return [a, b]\nx = f(**{'a': 1, 'b': 2})", "[1, 2]"),
        ("def f(a, b):\n    return [a, b]\nx = f(*[1, 2])", "[1, 2]"),
        ("x = (lambda a: a + 'b')('a')", r#""ab""#),
        ("x = []\nfor v in ['a', 'b']:\n    x.append(v)", r#"["a", "b"]"#),
        ("def f():\n    return g()\ndef g():\n    return 'a'\nx = f()", r#""a""#),
        // Known limit: `global` has no form in the tree, so the function binds a name of its own.
        ("x = []\ndef f():\n    global x\n    x = ['a']\nf()", "[]"),
        ("x = sorted(['a'])", r#"["a"]"#),
        ("x = list({'a', 'b'})", r#"["a", "b"]"#),
        ("x = len(['a', 'b'])", "2"),
        ("from functools import lru_cache\n@lru_cache\ndef f():\n    return 'a'\nx = f()", r#""a""#),
        ("from functools import lru_cache\n@lru_cache()\ndef f():\n    return 'a'\nx = f()", r#""a""#),
        ("async def f():\n    return 'a'\nasync def g():\n    return await f()\nx = g()", r#""a""#),
    ]);
}

#[test]
fn classes() {
    check_py(&[
        ("class A:\n    V = 'a'\n    W = V + 'b'\nx = [A.V, A.W, A().W]", r#"["a", "ab", "ab"]"#),
        (
            "class A:\n    def __init__(self, v):\n        self.v = v\n    def f(self):\n        return self.v\nx = A('a').f()",
            r#""a""#,
        ),
        ("class A:\n    @property\n    def p(self):\n        return 'a'\nx = A().p", r#""a""#),
        (
            "class A:\n    @staticmethod\n    def s(v):\n        return v\n    @classmethod\n    def c(cls, v):\n        return v\nx = [A.s('a'), A.c('b'), A().s('c')]",
            r#"["a", "b", "c"]"#,
        ),
        ("class A:\n    V = 'a'\nclass B(A):\n    W = 'b'\nx = [B.V, B().W]", r#"["a", "b"]"#),
        (
            "class A:\n    def __init__(self):\n        self.v = 'a'\nclass B(A):\n    def __init__(self):\n        super().__init__()\nx = B().v",
            r#""a""#,
        ),
        (
            "from dataclasses import dataclass\n@dataclass\nclass A:\n    v: str\n    w: str = 'b'\na = A(v='a')\nx = [a.v, a.w]",
            r#"["a", "b"]"#,
        ),
        ("from enum import Enum\nclass E(str, Enum):\n    A = 'a'\nx = [E.A, E.A.value]", r#"["a", "a"]"#),
        ("class A:\n    def __call__(self):\n        return 'a'\nx = A()()", r#""a""#),
    ]);
}
