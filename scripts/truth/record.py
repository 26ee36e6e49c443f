#!/usr/bin/env python3
"""Ask the real servers again, and show every answer that is not the recorded one.

record.py [--write] [REGEX]    the cases of tests/truth whose name matches; --write keeps the new answers

Everything it needs it installs below target/truth: packages of npm and PyPI; nginx and Apache come from Debian. Servers
listen on loopback only. In: tests/truth/cases/*/{recorded.json, project files} and tests/truth/requests.json.
"""
import argparse, http.client, json, os, re, shutil, signal, socket, subprocess, sys, time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TRUTH = os.path.join(ROOT, "tests", "truth")
DEPS = os.path.join(ROOT, "target", "truth")
KEPT = re.compile(r"^(access-control-.*|vary|allow|location|www-authenticate|cross-origin-.*|timing-allow-origin|cache-control)$")
NGINX = "events {}\nhttp {\n  include /etc/nginx/mime.types;\n  include %s;\n}\n"


def install():
    if not os.path.isdir(os.path.join(DEPS, "node")):
        missing = [tool for tool in ("nginx", "apache2") if not shutil.which(tool)]
        if missing:
            subprocess.run(["apt-get", "update", "-q"], check=True)
            packages = ["nginx-light", "apache2-bin", "python3-venv"]
            subprocess.run(["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages], check=True)
    for kind in ("node", "next"):
        folder = os.path.join(DEPS, kind)
        if not os.path.isdir(os.path.join(folder, "node_modules")):
            os.makedirs(folder, exist_ok=True)
            shutil.copy(os.path.join(HERE, f"package-{kind}.json"), os.path.join(folder, "package.json"))
            subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--legacy-peer-deps"], cwd=folder, check=True)
    for kind, file in (("venv", "requirements.txt"), ("venv-old", "requirements-old.txt")):
        folder = os.path.join(DEPS, kind)
        if not os.path.isfile(os.path.join(folder, "ready")):
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
            subprocess.run([os.path.join(folder, "bin/pip"), "install", "-q", "-r", os.path.join(HERE, file)], check=True)
            open(os.path.join(folder, "ready"), "w").close()


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def send(port, asking):
    """One request, its answer as it is recorded; None without an answer."""
    headers = {**({"Origin": asking["origin"]} if asking["origin"] else {}), **asking["headers"]}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2.0)
    body = b'{"id":1}' if asking["method"] in ("PUT", "POST") else None
    try:
        connection.putrequest(asking["method"], asking["path"], skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", "api.example.com")
        for name, value in headers.items():
            connection.putheader(name, value)
        if body:
            connection.putheader("Content-Length", str(len(body)))
        connection.putheader("Connection", "close")
        connection.endheaders(body)
        response = connection.getresponse()
        kept = {}
        for name, value in response.getheaders():
            if KEPT.match(name.lower()):
                kept.setdefault(name.lower(), []).append(value)
        return [response.status, kept]
    except (OSError, http.client.HTTPException):
        return [None, {}]
    finally:
        connection.close()


def program(run, folder, port, upstream):
    """What is run first, and what serves."""
    python = os.path.join(DEPS, "venv-old" if run.endswith("-old") else "venv", "bin", "python")
    node = ["node", "-r", os.path.join(HERE, "alias.cjs")]
    kind = run.removesuffix("-old")
    if kind == "node":
        entry = next(name for name in ("server.js", "server.mjs", "index.js") if os.path.exists(os.path.join(folder, name)))
        env = ["--env-file=.env"] if os.path.exists(os.path.join(folder, ".env")) else []
        return [], [node[0], *env, *node[1:], entry]
    if kind == "nest":
        return [["node", os.path.join(HERE, "ts.cjs"), folder]], [*node, "src/main.js"]
    if kind == "uvicorn":
        options = ["--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"]
        return [], [python, "-m", "uvicorn", "main:app", *options]
    if kind == "flask":
        return [], [python, "-m", "flask", "--app", "app", "run", "--host", "127.0.0.1", "--port", str(port)]
    if kind == "django":
        return [], [python, os.path.join(HERE, "wsgi_serve.py"), str(port)]
    if kind == "next":
        tool = os.path.join(DEPS, "next/node_modules/next/dist/bin/next")
        return [["node", tool, "build"]], ["node", tool, "start", "-H", "127.0.0.1", "-p", str(port)]
    name = next(name for name in os.listdir(folder) if name.endswith(".conf"))
    path = os.path.join(folder, name)
    text = open(path).read()
    text = re.sub(r"(127\.0\.0\.1|backend|localhost):3000", f"127.0.0.1:{upstream}", text)
    if kind == "apache":
        text = re.sub(r"Listen \d+", f"Listen 127.0.0.1:{port}", text).replace("@ROOT@", folder)
        open(path, "w").write(text)
        return [], ["apache2", "-D", "FOREGROUND", "-d", folder, "-f", path]
    text = re.sub(r"listen\s+(80|443|8080)\b[^;]*;", f"listen 127.0.0.1:{port};", text)
    for there, here in (("/var/cache/nginx", "cache"), ("/etc/nginx/.htpasswd", ".htpasswd"), ("/usr/share/nginx/html", "html")):
        text = text.replace(there, os.path.join(folder, here))
    open(path, "w").write(text)
    if "http {" not in text:
        whole = os.path.join(folder, "_main.conf")
        open(whole, "w").write(NGINX % path)
        path = whole
    options = f"daemon off; worker_processes 1; pid {folder}/_pid; user root;"
    return [], ["nginx", "-p", folder, "-c", path, "-e", os.path.join(folder, "_err.log"), "-g", options]


def wait(port, process, seconds):
    end = time.time() + seconds
    while time.time() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 0.3).close()
            return True
        except OSError:
            time.sleep(0.05)
    return False


def stop(process):
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(4)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def answers(case, recorded, standard):
    """The answers of the real server by label; None when it does not start."""
    run = recorded["run"]
    inside = os.path.join(DEPS, "next", "runs") if run["run"] == "next" else os.path.join(DEPS, "node", "runs")
    folder = os.path.join(inside, os.path.basename(case))
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(case, folder, ignore=shutil.ignore_patterns("recorded.json"))
    port, upstream = free_port(), free_port()
    env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    env.update(NODE_ENV="production", PYTHONDONTWRITEBYTECODE="1", NEXT_TELEMETRY_DISABLED="1", **run.get("env", {}))
    env.update({"TRUTH_ALIAS": run["alias"]} if "alias" in run else {})
    started = []
    log = open(os.path.join(folder, "_log.txt"), "w")

    def serve(argv, at):
        own = {**env, "PORT": str(at)}
        started.append(subprocess.Popen(argv, cwd=folder, env=own, stdout=log, stderr=log, start_new_session=True))
        return started[-1]

    try:
        if run.get("upstream", "down") != "down":
            os.makedirs(os.path.join(folder, "_up"))
            open(os.path.join(folder, "_up", "server.js"), "w").write(run["upstream"])
            wait(upstream, serve(["node", "_up/server.js"], upstream), 25)
        before, argv = program(run["run"], folder, port, upstream)
        for one in before:
            subprocess.run(one, cwd=folder, env=env, stdout=log, stderr=log, timeout=240)
        if not wait(port, serve(argv, port), 40):
            return None
        time.sleep(0.15)
        asked = {**standard, **recorded.get("requests", {})}
        labels = [label for one in recorded["answers"] for label in one["labels"]] or list(asked)
        return {label: send(port, asked[label]) for label in sorted(labels, key=list(asked).index)}
    finally:
        for process in reversed(started):
            stop(process)
        log.close()


def write(path, recorded, found):
    """Equal answers once, with their labels."""
    grouped = {}
    for label, answer in found.items():
        grouped.setdefault(json.dumps(answer), []).append(label)
    rows = [{"labels": labels, "status": json.loads(key)[0], "headers": json.loads(key)[1]} for key, labels in grouped.items()]
    head = json.dumps({key: value for key, value in recorded.items() if key != "answers"}, indent=1)[:-2]
    body = ",\n".join("    " + json.dumps(row) for row in rows)
    open(path, "w").write(f'{head},\n "answers": [\n{body}\n ]\n}}\n')


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("pattern", nargs="?", default="")
    arguments.add_argument("--write", action="store_true")
    asked = arguments.parse_args()
    install()
    standard = json.load(open(os.path.join(TRUTH, "requests.json")))
    different = compared = 0
    for name in sorted(os.listdir(os.path.join(TRUTH, "cases"))):
        if not re.search(asked.pattern, name):
            continue
        case = os.path.join(TRUTH, "cases", name)
        recorded = json.load(open(os.path.join(case, "recorded.json")))
        known = {label: [one["status"], one["headers"]] for one in recorded["answers"] for label in one["labels"]}
        found = answers(case, recorded, standard)
        if found is None:
            print(f"{name}: does not start" + ("" if recorded.get("starts", True) else ", as recorded"), flush=True)
            different += recorded.get("starts", True)
            continue
        changed = [label for label in found if found[label] != known.get(label)]
        compared += len(found)
        different += len(changed)
        print(f"{name}: {len(found) - len(changed)} of {len(found)} as recorded", flush=True)
        for label in changed:
            print(f"  {label}\n    recorded {known.get(label)}\n    now      {found[label]}")
        if asked.write and changed:
            write(os.path.join(case, "recorded.json"), recorded, found)
    print(f"{compared} answers, {different} differences")
    return 1 if different and not asked.write else 0


if __name__ == "__main__":
    sys.exit(main())
