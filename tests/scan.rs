//! The walk over trees that mean no good, and over those that do.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::fs;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use corslint::scan::{Kind, Needles, Options, Scan, scan};
use tempfile::TempDir;

struct Tree(TempDir);

impl Tree {
    fn new(files: &[(&str, &[u8])]) -> Tree {
        let tree = Tree(tempfile::tempdir().unwrap());
        for (path, bytes) in files {
            let place = tree.root().join(path);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::write(place, bytes).unwrap();
        }
        tree
    }

    fn root(&self) -> &Utf8Path {
        Utf8Path::from_path(self.0.path()).unwrap()
    }

    fn scan(&self, paths: &[&str]) -> Scan {
        let paths: Vec<Utf8PathBuf> = paths.iter().map(Utf8PathBuf::from).collect();
        scan(&paths, Options::new(self.root())).unwrap()
    }
}

fn kept(scan: &Scan) -> Vec<&str> {
    scan.sources.ids().map(|id| scan.sources.path(id).as_str()).collect()
}

fn notices(scan: &Scan) -> Vec<String> {
    scan.notices.iter().map(|notice| format!("{}: {}", notice.path, notice.message)).collect()
}

#[test]
fn keeps_what_can_matter_in_path_order() {
    let tree = Tree::new(&[
        ("src/server.js", b"const cors = require('cors')"),
        ("src/plain.js", b"module.exports = 1"),
        ("src/settings.py", b"INSTALLED_APPS = []"),
        ("README.md", b"cors"),
        ("package.json", b"{}"),
        ("data.json", b"{\"cors\": 1}"),
        ("deploy/app.yaml", b"a: 1"),
        ("deploy/ingress.yaml", b"enable-cors: true"),
        ("docker-compose.yml", b"services: {}"),
        ("deploy/site.conf", b"server { listen 80; }"),
        ("deploy/redis.conf", b"port 1"),
    ]);
    let scan = tree.scan(&["."]);
    assert_eq!(
        kept(&scan),
        [
            "deploy/ingress.yaml",
            "deploy/site.conf",
            "docker-compose.yml",
            "package.json",
            "src/server.js",
            "src/settings.py"
        ]
    );
    assert!(scan.exists("src/plain.js".into()));
    assert_eq!(scan.looked_at, 8);
    let server = scan.sources.find("src/server.js".into()).unwrap();
    assert_eq!((scan.kind(server), scan.needles(server)), (Kind::JavaScript, Needles::CORS));
    assert!(scan.notices.is_empty());
}

#[test]
fn dependencies_and_build_output_are_left_out_unless_named() {
    let tree = Tree::new(&[
        ("node_modules/cors/index.js", b"cors"),
        ("dist/server.js", b"cors"),
        ("env3/pyvenv.cfg", b""),
        ("env3/lib/a.py", b"cors"),
        ("src/lib.min.js", b"cors"),
        ("src/big.js", "cors;".repeat(4000).as_bytes()),
        ("src/made.ts", b"// @generated\ncors"),
        ("src/types.d.ts", b"cors"),
        ("pnpm-lock.yaml", b"cors"),
    ]);
    assert_eq!(kept(&tree.scan(&["."])), Vec::<&str>::new());
    assert_eq!(kept(&tree.scan(&["dist"])), ["dist/server.js"]);
    assert_eq!(kept(&tree.scan(&["dist/server.js", "./dist", "dist/../dist"])), ["dist/server.js"]);
}

#[test]
fn gitignore_is_honoured_but_not_for_env_files() {
    let tree = Tree::new(&[
        (".gitignore", b".env*\n*.env\nlocal.js\n"),
        (".env", b"A=1"),
        ("api/.env.production", b"A=1"),
        ("api/prod.env", b"A=1"),
        ("local.js", b"cors"),
        (".hidden/server.js", b"cors"),
    ]);
    assert_eq!(kept(&tree.scan(&["."])), [".env", ".hidden/server.js", "api/.env.production", "api/prod.env"]);
}

#[test]
fn imports_are_loaded_later_and_once() {
    let tree = Tree::new(&[
        ("src/server.js", b"cors"),
        ("src/origins.js", b"exports.list = []"),
        ("other/shared.js", b"exports.x = 1"),
        ("src/node_modules/a/index.js", b""),
    ]);
    let mut scan = tree.scan(&["src"]);
    assert_eq!(kept(&scan), ["src/server.js"]);
    let origins = scan.load("src/origins.js".into()).unwrap();
    assert_eq!(scan.load("src/origins.js".into()), Some(origins));
    assert_eq!(&**scan.sources.text(origins), "exports.list = []");
    assert_eq!(scan.kind(origins), Kind::JavaScript);
    let shared = scan.load("other/shared.js".into()).unwrap();
    assert_eq!(scan.load("other/shared.js".into()), Some(shared));
    assert!(!scan.exists("src/missing.js".into()) && scan.load("src/missing.js".into()).is_none());
    assert!(!scan.exists("src/node_modules/a/index.js".into()));
}

#[test]
fn a_missing_path_is_an_error() {
    let tree = Tree::new(&[]);
    let error = scan(&["nowhere".into()], Options::new(tree.root())).unwrap_err();
    assert!(error.message.contains("`nowhere`"));
}

#[test]
fn broken_bytes_are_read_with_a_notice() {
    let tree = Tree::new(&[
        ("a.js", b"// caf\xe9\ncors()"),
        ("b.js", b"cors\0\0"),
        ("c.env", b"\xff\xfeA\0=\x001\0"),
        ("empty.js", b""),
    ]);
    let scan = tree.scan(&["."]);
    assert_eq!(kept(&scan), ["a.js", "c.env"]);
    let env = scan.sources.find("c.env".into()).unwrap();
    assert_eq!(&**scan.sources.text(env), "A=1");
    assert_eq!(
        notices(&scan),
        ["a.js: not valid UTF-8; what is not was replaced", "b.js: binary, not read", "c.env: UTF-16; read as UTF-8"]
    );
}

#[test]
fn large_files_cost_no_more_than_their_head() {
    let tree = Tree::new(&[("small.js", b"cors")]);
    fs::File::create(tree.root().join("silent.js")).unwrap().set_len(50 << 20).unwrap();
    let mut large = b"const cors = 1;\n".repeat(4 << 16);
    large.truncate((1 << 20) + 1);
    fs::write(tree.root().join("large.js"), large).unwrap();
    let scan = tree.scan(&["."]);
    assert_eq!(kept(&scan), ["small.js"]);
    assert_eq!(notices(&scan), ["large.js: larger than 1048576 bytes, not read"]);
}

#[cfg(unix)]
#[test]
fn loops_pipes_and_locked_doors_are_survived() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let tree = Tree::new(&[("src/a.js", b"cors"), ("locked/b.js", b"cors"), ("unreadable.js", b"cors")]);
    let root = tree.root();
    symlink("..", root.join("src/up")).unwrap();
    symlink("nowhere", root.join("dangling.js")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(root.join("pipe.js")).status().unwrap();
    assert!(made.success());
    let _socket = std::os::unix::net::UnixListener::bind(root.join("socket.js")).unwrap();
    for path in ["locked", "unreadable.js"] {
        fs::set_permissions(root.join(path), fs::Permissions::from_mode(0o000)).unwrap();
    }
    let started = Instant::now();
    let scan = tree.scan(&["."]);
    assert!(started.elapsed() < Duration::from_secs(5));
    fs::set_permissions(root.join("locked"), fs::Permissions::from_mode(0o755)).unwrap();
    assert!(kept(&scan).contains(&"src/a.js"));
    let notices = notices(&scan);
    for expected in ["dangling.js: a symbolic link", "pipe.js: not a regular file", "socket.js: not a regular file"] {
        assert!(notices.iter().any(|notice| notice.starts_with(expected)), "{expected} in {notices:?}");
    }
    // Root may open every door; for everybody else it is a notice.
    let opened = kept(&scan).contains(&"unreadable.js");
    assert!(opened || notices.contains(&"unreadable.js: cannot be read: permission denied".to_owned()), "{notices:?}");
    // Named on the command line, a pipe is still not opened.
    assert!(kept(&tree.scan(&["pipe.js"])).is_empty());
}

#[cfg(unix)]
#[test]
fn a_file_that_vanishes_is_a_notice() {
    let tree = Tree::new(&[("src/a.js", b"cors"), ("src/b.js", b"exports.x = 1")]);
    let mut scan = tree.scan(&["src"]);
    fs::remove_file(tree.root().join("src/b.js")).unwrap();
    assert_eq!(scan.load("src/b.js".into()), None);
    assert_eq!(notices(&scan), ["src/b.js: cannot be read: it vanished while corslint ran"]);
}

#[test]
fn the_order_does_not_depend_on_threads() {
    let files: Vec<(String, Vec<u8>)> =
        (0..200).map(|n| (format!("d{}/f{n}.js", n % 7), format!("cors {n}").into_bytes())).collect();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())).collect();
    let tree = Tree::new(&files);
    let one = scan(&[".".into()], Options { threads: 1, ..Options::new(tree.root()) }).unwrap();
    let many = scan(&[".".into()], Options { threads: 8, ..Options::new(tree.root()) }).unwrap();
    assert_eq!(one.files, many.files);
}
