//! How Python reads its environment.

use super::{check_py, shown};

#[test]
fn reads_and_defaults() {
    check_py(&[
        ("import os\nx = os.environ['A']", "env(A)"),
        ("import os\nx = os.environ.get('A', 'd')", r#"(A ? env(A) | !A ? "d")"#),
        ("import os\nx = os.environ.get('A')", "(A ? env(A) | !A ? null)"),
        ("import os\nx = os.getenv('A', 'd')", r#"(A ? env(A) | !A ? "d")"#),
        (
            "from os import environ, getenv\nx = [environ['A'], getenv('A', 'd')]",
            r#"[env(A), (A ? env(A) | !A ? "d")]"#,
        ),
        ("import os\nx = os.getenv('A') or 'd'", r#"(A ? env(A) | !A ? "d")"#),
        ("import os\nx = os.environ['A'] if 'A' in os.environ else 'd'", r#"(A ? env(A) | !A ? "d")"#),
        ("import os\nx = os.getenv('A', 'a,b').split(',')", r#"(A ? env(A split ",") | !A ? ["a", "b"])"#),
        (
            "import os\nx = [o.strip() for o in os.getenv('A', 'a, b').split(',')]",
            r#"[env(A split "," trimmed) if A, "a" if !A, "b" if !A, ..]"#,
        ),
        ("import os\nx = [o.strip() for o in os.environ['A'].split(',') if o.strip()]", r#"env(A split "," trimmed)"#),
        ("import os\nx = list(map(str.strip, os.environ['A'].split(',')))", r#"env(A split "," trimmed)"#),
        ("import os\nx = os.getenv('A', 'False') == 'True'", "<(A & A?)>"),
        ("import os\nx = os.getenv('A', 'false').lower() == 'true'", "<(A & A?)>"),
        ("import os\nx = os.getenv('A', 'false').lower() in ('true', '1')", "<(A & (A? | A?))>"),
        ("import os\nx = int(os.getenv('A', '5'))", "(A ? env(A num) | !A ? 5)"),
        (
            "import os\ndef get_list(name, default=''):\n    return [v.strip() for v in os.environ.get(name, default).split(',') if v.strip()]\nx = get_list('A', 'a,b')",
            r#"[env(A split "," trimmed) if A, "a" if !A, "b" if !A, ..]"#,
        ),
    ]);
}

#[test]
fn libraries() {
    check_py(&[
        ("import environ\nenv = environ.Env()\nx = env('A')", "env(A)"),
        ("import environ\nenv = environ.Env()\nx = env('A', default='d')", r#"(A ? env(A) | !A ? "d")"#),
        (
            "import environ\nenv = environ.Env()\nx = env.list('A', default=['a'])",
            r#"(A ? env(A split ",") | !A ? ["a"])"#,
        ),
        ("import environ\nenv = environ.Env()\nx = env.bool('A', False)", "(A ? env(A bool) | !A ? false)"),
        ("import environ\nenv = environ.Env(A=(list, ['a']))\nx = env('A')", r#"(A ? env(A split ",") | !A ? ["a"])"#),
        (
            "from environ import Env\nenv = Env(DEBUG=(bool, False))\nx = env('DEBUG')",
            "(DEBUG ? env(DEBUG bool) | !DEBUG ? false)",
        ),
        (
            "from environs import Env\nenv = Env()\nenv.read_env()\nx = env.list('A', ['a'])",
            r#"(A ? env(A split "," trimmed) | !A ? ["a"])"#,
        ),
        ("from environs import env\nx = env.bool('A', default=False)", "(A ? env(A bool) | !A ? false)"),
        ("from decouple import config\nx = config('A', default='d')", r#"(A ? env(A) | !A ? "d")"#),
        (
            "from decouple import config, Csv\nx = config('A', default='a,b', cast=Csv())",
            r#"(A ? env(A split "," trimmed) | !A ? ["a", "b"])"#,
        ),
        ("from decouple import config\nx = config('A', default=False, cast=bool)", "(A ? env(A bool) | !A ? false)"),
        (
            "from decouple import config\nx = config('A', default='a, b', cast=lambda v: [s.strip() for s in v.split(',')])",
            r#"(A ? env(A split "," trimmed) | !A ? ["a", "b"])"#,
        ),
        (
            "from starlette.config import Config\nfrom starlette.datastructures import CommaSeparatedStrings\nconfig = Config('.env')\nx = config('A', cast=CommaSeparatedStrings, default='a,b')",
            r#"(A ? env(A split "," trimmed) | !A ? ["a", "b"])"#,
        ),
    ]);
}

#[test]
fn pydantic() {
    let settings = "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n";
    let cases = [
        ("    A: str = 'd'\n", "x = Settings().A", r#"(A ? env(A) | !A ? "d")"#),
        ("    a: str\n", "x = Settings().a", "env(A)"),
        ("    A: list[str] = ['a']\n", "x = Settings().A", r#"(A ? env(A json) | !A ? ["a"])"#),
        ("    A: bool = False\n", "x = Settings().A", "(A ? env(A bool) | !A ? false)"),
        (
            "    A: str = 'a,b'\n    @property\n    def origins(self):\n        return [o.strip() for o in self.A.split(',')]\n",
            "x = Settings().origins",
            r#"[env(A split "," trimmed) if A, "a" if !A, "b" if !A, ..]"#,
        ),
        (
            "    A: str = 'd'\nfrom functools import lru_cache\n@lru_cache\ndef get_settings():\n    return Settings()\n",
            "x = get_settings().A",
            r#"(A ? env(A) | !A ? "d")"#,
        ),
        (
            "    a: str = 'd'\n    class Config:\n        env_prefix = 'APP_'\n",
            "x = Settings().a",
            r#"(APP_A ? env(APP_A) | !APP_A ? "d")"#,
        ),
        (
            "    a: str = 'd'\n    model_config = SettingsConfigDict(env_prefix='APP_')\n",
            "x = Settings().a",
            r#"(APP_A ? env(APP_A) | !APP_A ? "d")"#,
        ),
    ];
    for (class, use_, expected) in cases {
        let import = "from pydantic_settings import SettingsConfigDict\n";
        let text = format!("{import}{settings}{class}\n{use_}\n");
        assert_eq!(shown(&[("main.py", &text)]), expected, "{text}");
    }
}

#[test]
fn settings_of_another_module() {
    let config = "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    A: str = 'd'\nsettings = Settings()\n";
    let main = "from app.core.config import settings\nx = settings.A\n";
    let files =
        [("app/main.py", main), ("app/core/config.py", config), ("app/__init__.py", ""), ("app/core/__init__.py", "")];
    assert_eq!(shown(&files), r#"(A ? env(A) | !A ? "d")"#);
}
