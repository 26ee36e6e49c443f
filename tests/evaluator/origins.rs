//! Origin callbacks in all their spellings, asked about origins.

use corslint::model::policy::OriginAnswer;
use corslint::model::world::{Assume, Request, Situation};

use super::project;

/// The origins that are asked, and none at all last.
const ASKED: [&str; 5] = [
    "https://app.example.com",
    "https://api.example.com",
    "https://evil.example",
    "https://app.example.com.evil.example",
    "",
];

/// One letter for each origin asked: `e`choed, `-` nothing, `!` fails, `*` wildcard, `f`ixed, `?` unknown.
fn answers(option: &str) -> String {
    let text = format!(
        "import express from 'express'; import cors from 'cors'; const allowed = ['https://app.example.com', 'https://api.example.com']; const app = express(); app.use(cors({{ origin: {option} }}))"
    );
    let project = project(&[("server.ts", &text)]);
    assert_eq!(project.policies.len(), 1, "{option}");
    let decision = &project.policies[0].allow_origin;
    let assume = Assume::Production;
    let letter = |answer: OriginAnswer| match answer {
        OriginAnswer::Echo => 'e',
        OriginAnswer::Nothing => '-',
        OriginAnswer::Fails => '!',
        OriginAnswer::Wildcard => '*',
        OriginAnswer::Fixed(_) => 'f',
        OriginAnswer::Unknown => '?',
    };
    ASKED
        .iter()
        .map(|origin| match *origin {
            "" => letter(decision.ask(&Situation::with(&assume, &Request::new("GET", "/"))).0),
            origin => letter(decision.ask_origin(origin, &assume).0),
        })
        .collect()
}

#[test]
fn callbacks() {
    let cases = [
        (
            "(o, cb) => { if (!o || allowed.indexOf(o) !== -1) { cb(null, true) } else { cb(new Error('no')) } }",
            "ee!!e",
        ),
        (
            "function (o, cb) { if (!o) return cb(null, true); if (allowed.indexOf(o) === -1) { return cb(new Error('no'), false) } return cb(null, true) }",
            "ee!!e",
        ),
        ("(o, cb) => { if (allowed.indexOf(o) > -1) cb(null, true); else cb(null, false) }", "ee---"),
        ("(o, cb) => { if (allowed.indexOf(o) >= 0) cb(null, true); else cb(null, false) }", "ee---"),
        ("(o, cb) => { if (~allowed.indexOf(o)) cb(null, true); else cb(null, false) }", "ee---"),
        ("(o, cb) => cb(null, allowed.includes(o))", "ee---"),
        ("(o, cb) => cb(null, !o || allowed.includes(o))", "ee--e"),
        ("(o, cb) => { const ok = allowed.includes(o); cb(ok ? null : new Error('no'), ok) }", "ee!!!"),
        ("(o, cb) => allowed.includes(o) ? cb(null, o) : cb(null, false)", "ee---"),
        ("(o, cb) => cb(null, allowed.includes(o) ? o : allowed[0])", "eefff"),
        ("(o, cb) => cb(null, allowed.some(a => o === a))", "ee---"),
        ("(o, cb) => cb(null, allowed.some(a => o?.startsWith(a)))", "ee-e-"),
        ("(o, cb) => cb(null, allowed.some(a => a.includes(o)))", "ee---"),
        ("(o, cb) => cb(null, !!allowed.find(a => a === o))", "ee---"),
        ("(o, cb) => cb(null, allowed.findIndex(a => a === o) !== -1)", "ee---"),
        // Known limit: nothing is said of the length of a list whose items depend on the request.
        ("(o, cb) => cb(null, allowed.filter(a => a === o).length > 0)", "?????"),
        (
            "(o, cb) => { const ok = v => { for (const a of allowed) { if (v === a) return true } return false }; cb(null, ok(o)) }",
            "ee---",
        ),
        (
            "(o, cb) => { for (const a of allowed) { if (o !== a) continue; return cb(null, true) } return cb(new Error('no')) }",
            "ee!!!",
        ),
        ("(o, cb) => { for (const a of allowed) { if (o === a) return cb(null, true) } cb(null, false) }", "ee---"),
        ("(o, cb) => { let ok = false; allowed.forEach(a => { if (a === o) ok = true }); cb(null, ok) }", "ee---"),
        ("(o, cb) => cb(null, new Set(allowed).has(o))", "ee---"),
        ("(o, cb) => cb(null, !!({ 'https://app.example.com': true })[o])", "e----"),
        ("(o, cb) => cb(null, { 'https://app.example.com': 1 }.hasOwnProperty(o))", "e----"),
        ("(o, cb) => cb(null, !!o && Object.hasOwn({ 'https://app.example.com': 1 }, o))", "e----"),
        ("(o, cb) => cb(null, o in { 'https://app.example.com': 1 })", "e----"),
        ("(o, cb) => cb(null, /example\\.com$/.test(o))", "ee---"),
        ("(o, cb) => cb(null, /^https:\\/\\/(app|api)\\.example\\.com$/.test(o ?? ''))", "ee---"),
        ("(o, cb) => cb(null, o && o.match(/^https:\\/\\/app\\.example\\.com/) ? true : false)", "e--e-"),
        ("(o, cb) => cb(null, [/^https:\\/\\/app\\.example\\.com$/].some(r => r.test(o)))", "e----"),
        ("(o, cb) => cb(null, allowed.some(a => new RegExp(a).test(o)))", "ee-e-"),
        (
            "(o, cb) => { switch (o) { case 'https://app.example.com': return cb(null, true); default: return cb(null, false) } }",
            "e----",
        ),
        (
            "(o, cb) => { switch (true) { case o === 'https://app.example.com': cb(null, true); break; default: cb(new Error('no')) } }",
            "e!!!!",
        ),
        ("(o, cb) => { const { hostname } = new URL(o); cb(null, hostname.endsWith('.example.com')) }", "ee---"),
        ("(o, cb) => { const host = new URL(o).hostname; cb(null, host === 'app.example.com') }", "e----"),
        (
            "(o, cb) => { try { cb(null, new URL(o).hostname === 'app.example.com') } catch { cb(null, false) } }",
            "e----",
        ),
        ("async (o, cb) => { if (allowed.includes(o)) { cb(null, true) } else { cb(new Error('no')) } }", "ee!!!"),
        (
            "(o, cb) => { const ok = isAllowed(o); cb(null, ok); function isAllowed(v) { return allowed.includes(v) } }",
            "ee---",
        ),
        ("(o, cb) => { if (o === undefined) return cb(null, true); cb(null, o.endsWith('.example.com')) }", "ee--e"),
        ("(o, cb) => { if (o === 'null') return cb(null, false); cb(null, true) }", "eeeee"),
        (
            "(o, cb) => { const lower = (o || '').toLowerCase(); cb(null, lower === 'https://app.example.com') }",
            "e----",
        ),
        (
            "(o, cb) => { if (process.env.NODE_ENV !== 'production') return cb(null, true); cb(null, allowed.includes(o)) }",
            "ee---",
        ),
        (
            "(o, cb) => { if (allowed.includes(o) || process.env.NODE_ENV === 'development') cb(null, true); else cb(new Error('no')) }",
            "ee!!!",
        ),
        // Without an Origin header nothing is sent.
        ("(o, cb) => { cb(null, o) }", "eeee-"),
        ("(o, cb) => cb(null, true)", "eeeee"),
        ("(o, cb) => cb(null, '*')", "*****"),
        ("(o, cb) => { cb(null, allowed) }", "ee---"),
        ("(o, cb) => { load(o, ok => cb(null, ok)) }", "?????"),
        ("(o, cb) => { db.find(o).then(row => cb(null, !!row)).catch(cb) }", "?????"),
        // Whatever the list holds, an origin that is not there is not in it.
        ("(o, cb) => { const list = process.env.ALLOWED.split(','); cb(null, list.includes(o)) }", "????-"),
        (
            "(o, cb) => { if (!o || [...allowed, process.env.EXTRA].includes(o)) cb(null, true); else cb(new Error('no')) }",
            "ee??e",
        ),
        ("(o, cb) => { if (!allowed.includes(o)) { throw new Error('no') } cb(null, true) }", "ee!!!"),
        (
            "(o, cb) => { const isAllowed = !o || allowed.includes(o); if (isAllowed) { cb(null, true); return } cb(new Error('no')) }",
            "ee!!e",
        ),
        // Thrown further inside, caught here.
        (
            "(o, cb) => { const check = () => { if (!allowed.includes(o)) throw new Error('no') }; try { check() } catch {} cb(null, true) }",
            "eeeee",
        ),
        ("(o, cb) => { let ok; if (allowed.includes(o)) { ok = true } else { ok = false } cb(null, ok) }", "ee---"),
        (
            "(o, cb) => { const options = { ok: false }; if (allowed.includes(o)) options.ok = true; cb(null, options.ok) }",
            "ee---",
        ),
        ("(o, cb) => cb(null, o?.split('//')[1] === 'app.example.com')", "e----"),
        ("(o, cb) => cb(null, o.replace(/^https?:\\/\\//, '') === 'app.example.com')", "e----"),
        ("(o, cb) => cb(null, allowed.map(a => a.toLowerCase()).includes(o.toLowerCase()))", "ee---"),
    ];
    let wrong: Vec<String> = cases
        .iter()
        .map(|(option, expected)| (option, expected, answers(option)))
        .filter(|(_, expected, found)| **expected != found)
        .map(|(option, expected, found)| format!("{option}\n  expected {expected}\n  found    {found}"))
        .collect();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn plain_options() {
    let cases = [
        ("'*'", "*****"),
        ("true", "eeeee"),
        ("false", "-----"),
        ("'https://app.example.com'", "fffff"),
        ("allowed", "ee---"),
        ("[/\\.example\\.com$/]", "ee---"),
        ("/example/", "eeee-"),
        ("new RegExp('^https://app\\\\.example\\\\.com$')", "e----"),
        ("process.env.NODE_ENV === 'production' ? allowed : '*'", "ee---"),
        ("process.env.ORIGIN", "?????"),
        ("process.env.ORIGIN || '*'", "?????"),
        ("process.env.ORIGIN?.split(',') ?? allowed", "?????"),
        ("undefined", "-----"),
        ("unknown()", "?????"),
    ];
    for (option, expected) in cases {
        assert_eq!(answers(option), expected, "{option}");
    }
}
