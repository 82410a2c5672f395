//! `bengal render`: one template, with data, in a site, and whole files of cases.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Run, Site, bengal, run, tree};

#[path = "../../bengal/liquid/tests/golden/cases.rs"]
mod cases;

fn render(arguments: &[&str], folder: &Path) -> Run {
    run(bengal().arg("render").args(arguments).current_dir(folder))
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let file = folder.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    folder
}

/// What `bengal render --cases` prints for `lines`.
fn run_cases(lines: &str, more: &[&str]) -> Vec<Value> {
    let folder = folder(&[("cases.jsonl", lines)]);
    let arguments = [&["--cases", "cases.jsonl"], more].concat();
    let run = render(&arguments, folder.path());
    assert_eq!((run.code, &*run.stderr), (Some(0), ""));
    run.messages()
}

#[test]
fn a_template_sees_the_data_and_what_lies_beside_it() {
    let folder = folder(&[
        ("t/card.liquid", "---\nlayout: frame\n---\n{{ a.b }}{% include part x=1 %}"),
        ("t/part.liquid", "[{{ include.x }}{% render 'deep' %}]"),
        ("t/partials/deep.liquid", "deep"),
        ("t/frame.liquid", "<{{ content }}{{ a.c }}>\n"),
        ("t/broken.liquid", "{% if"),
        ("data.json", r#"{"a": {"b": "B", "c": "C"}}"#),
    ]);
    let run = render(&["t/card.liquid", "--data", "data.json"], folder.path());
    assert_eq!((run.code, &*run.stdout, &*run.stderr), (Some(0), "<B[1deep]C>\n", ""));
}

#[test]
fn what_is_wrong_is_shown_where_it_stands_and_the_exit_code_says_so() {
    let folder = folder(&[
        ("wrong.liquid", "one\n{{ 1 | upcas }}"),
        ("fails.liquid", "one\n{% include 'deep' %}"),
        ("deep.liquid", "\n{{ 1 | divided_by: 0 }}"),
        ("lax.liquid", "{{ nothing }}."),
        ("round.liquid", "{% include 'round' %}"),
        ("list.json", "[]"),
    ]);
    for (arguments, code, stdout, shown) in [
        (&["wrong.liquid"][..], 1, "", &["wrong.liquid:2:8", "did you mean `upcase`?"][..]),
        (&["fails.liquid"], 1, "", &["deep.liquid:2:", "included from fails.liquid:2"]),
        (&["round.liquid"], 1, "", &["round.liquid:1; …; included from round.liquid:1; while"]),
        (&["lax.liquid"], 0, ".", &[]),
        (&["lax.liquid", "--strict"], 1, ".", &["lax.liquid:1:4", "`nothing`"]),
        (&["none.liquid"], 2, "", &["none.liquid: "]),
        (&["lax.liquid", "--data", "list.json"], 2, "", &["list.json: it holds no object"]),
        (&["lax.liquid", "--page", "/"], 2, "", &["--site"]),
        (&["--cases", "none.jsonl"], 2, "", &["none.jsonl: "]),
    ] {
        let run = render(arguments, folder.path());
        assert_eq!((run.code, &*run.stdout), (Some(code), stdout), "{arguments:?}");
        assert_eq!(run.stderr.is_empty(), shown.is_empty(), "{arguments:?}: {}", run.stderr);
        for part in shown {
            assert!(run.stderr.contains(part), "{part} in {}", run.stderr);
        }
        assert!(!run.stderr.contains("left out"), "{}", run.stderr);
    }
}

/// A site with a page of each kind of fault, which no other page's rendering may show.
fn site() -> Site {
    Site::new(&[
        ("bengal.yaml", "base_url: https://example.org/sub\npagination: {page_size: 2}\n"),
        ("content/a/one.md", "---\ntitle: One\nweight: 1\n---\nSee [two](two.md).\n"),
        ("content/a/two.md", "---\ntitle: Two\n---\n"),
        ("content/a/three.md", "---\ntitle: Three\n---\n[broken](nowhere.md)\n"),
        ("content/draft.md", "---\ndraft: true\n---\n"),
        ("templates/partials/p.liquid", "P{{ include.x }}"),
        ("templates/broken.liquid", "{% if"),
        (
            "t.liquid",
            "{{ page.title }} {{ site.pages | size }} {{ page.url | relative_url }} {{ content }}{% include p x=paginator.index %}",
        ),
    ])
}

fn in_site(site: &Site, template: &str, page: &str) -> Run {
    let root = site.root();
    render(&[template, "--site", root.to_str().unwrap(), "--page", page], &root)
}

#[test]
fn a_page_of_a_site_is_rendered_as_a_build_would_and_nothing_is_written() {
    let site = site();
    let before = tree(&site.root());
    let one = "One 3 /sub/a/one/ <p>See <a href=\"/sub/a/two/\">two</a>.</p>\nP";
    for (page, text) in [
        ("a/one.md", one),
        ("content/a/one.md", one),
        ("/a/one/", one),
        ("/a/one", one),
        ("/a/", "A 3 /sub/a/ P1"),
        ("/a/page/2/", "A 3 /sub/a/ P2"),
    ] {
        let run = in_site(&site, "t.liquid", page);
        assert_eq!((run.code, &*run.stdout, &*run.stderr), (Some(0), text, ""), "{page}");
    }
    let named = in_site(&site, "page", "a/two.md");
    assert_eq!((named.code, &*named.stdout), (Some(0), "page Two\n"));
    assert!(tree(&site.root()) == before, "something was written");
}

#[test]
fn what_a_site_has_not_is_named() {
    let site = site();
    for (template, page, code, shown) in [
        ("t.liquid", "a/tow.md", 2, "did you mean `a/two.md`?"),
        ("t.liquid", "draft.md", 2, "no page `draft.md`"),
        ("pgae", "/", 2, "did you mean `page`?"),
        ("broken", "/", 1, "templates/broken.liquid:1:"),
    ] {
        let run = in_site(&site, template, page);
        assert_eq!((run.code, &*run.stdout), (Some(code), ""), "{template} {page}");
        assert!(run.stderr.contains(shown), "{shown} in {}", run.stderr);
    }
    let run = in_site(&Site::bare(&[("bengal.yaml", "taxonomies: 1\n")]), "page", "/");
    assert_eq!(run.code, Some(2), "{}", run.stderr);
}

#[test]
fn each_line_of_cases_gives_a_line_whatever_it_holds() {
    let lines = concat!(
        r#"{"template": "{{ a | upcase }}\n", "data": {"a": "x"}}"#,
        "\nno JSON\n\n\u{fffd}\n",
        r#"{"template": "{% include 'p' %}{% render 'q' %}", "templates": {"p": "1", "q": "2"}}"#,
        "\n",
        r#"{"template": "{{ a | nofilter }}"}"#,
        "\n",
        r#"{"template": "{% for i in (1..9999999999) %}{% endfor %}"}"#,
        "\n",
        r#"{"template": "{{ '/a/' | relative_url }}{{ 'A b' | slugify }}{{ now }}"}"#,
    );
    let given = run_cases(lines, &[]);
    let kinds: Vec<_> = given.iter().map(|line| line["error"].is_string()).collect();
    assert_eq!(kinds, [false, true, true, true, false, true, true, false], "{given:?}");
    assert_eq!(given[0], json!({"output": "X\n"}));
    assert_eq!(given[4], json!({"output": "12"}));
    assert_eq!(given[7], json!({"output": "/a/a-b"}));
    let strict = run_cases(r#"{"template": "{{ a }}"}"#, &["--strict"]);
    assert!(strict[0]["error"].as_str().unwrap().contains("`a`"), "{strict:?}");
}

#[test]
fn cases_come_from_standard_input_too() {
    let folder = folder(&[("cases.jsonl", r#"{"template": "x"}"#)]);
    let script = "exec \"$0\" render --cases - < cases.jsonl";
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_bengal")]).current_dir(folder.path());
    let output = command.output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "{\"output\":\"x\"}\n");
}

#[test]
fn the_conformance_suite_has_the_same_verdicts_from_the_outside() {
    let Some(suite) = cases::suite() else {
        println!("skipped: no conformance suite; see BENGAL_GOLDEN_LIQUID");
        return;
    };
    let lines: Vec<_> = suite.iter().map(Value::to_string).collect();
    let given = run_cases(&lines.join("\n"), &[]);
    assert_eq!(given.len(), suite.len());
    for (case, given) in suite.iter().zip(given) {
        let given = match &given["output"] {
            Value::String(text) => Ok(text.clone()),
            _ => Err(given["error"].as_str().unwrap().to_owned()),
        };
        let own = cases::render(case);
        assert_eq!(given.clone().ok(), own.clone().ok(), "{case}: {given:?}, not {own:?}");
        let verdicts = (cases::verdict(case, given), cases::verdict(case, own));
        assert_eq!(verdicts.0.is_ok(), verdicts.1.is_ok(), "{case}: {verdicts:?}");
    }
}
