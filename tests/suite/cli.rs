//! The command line: exit codes, messages, and what is refused before anything is built.
//!
//! **Invariant:** a build that is refused (exit code 2) has written nothing.

use std::fs;

use serde_json::json;

use crate::support::{JSON, Run, Site, bengal, limited, run, tree};

const PAGES: &[(&str, &str)] = &[
    ("content/a.md", "---\ntitle: A\ntags: x\n---\nText.\n"),
    ("content/docs/b.md", "---\ntitle: B\n---\n[a](../a.md)\n"),
];

/// Runs the build as a person would, with messages for people.
fn human(site: &Site, arguments: &[&str]) -> Run {
    run(bengal().arg("build").arg(site.root()).args(arguments))
}

/// Asserts that a build with `arguments` is refused with `message`, and writes nothing.
fn refused(site: &Site, arguments: &[&str], message: &str) {
    let before = tree(site.parent());
    let run = human(site, arguments);
    assert_eq!(run.code, Some(2), "{arguments:?}\n{}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains(message), "{message:?} is not in\n{}", run.stderr);
    assert_eq!(run.stdout, "", "{arguments:?}");
    let after = tree(site.parent());
    assert_eq!(
        before.keys().collect::<Vec<_>>(),
        after.keys().collect::<Vec<_>>(),
        "{arguments:?}"
    );
}

#[test]
fn a_sound_site_gives_0_and_a_wrong_page_1() {
    let site = Site::new(PAGES);
    assert_eq!(site.build(&[]).code, Some(0));
    site.write("content/wrong.md", "---\na: b: c\n---\n");
    let run = site.build(&[]);
    assert_eq!(run.code, Some(1));
    assert_eq!(site.read("a/index.html"), "page A\n<p>Text.</p>\n");
    site.write("content/wrong.md", "[x](nowhere.md)\n");
    assert_eq!(site.build(&[]).code, Some(0), "warnings alone are no failure");
    assert_eq!(site.build(&["--strict"]).code, Some(1), "but errors with --strict");
}

#[test]
fn the_site_is_the_current_directory_and_the_output_is_in_it() {
    let site = Site::new(PAGES);
    let run = run(bengal().arg("build").current_dir(site.root()));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(site.path("public/a/index.html").exists());
    site.write("bengal.yaml", "output: out/here\n");
    site.build_clean(&[]);
    assert!(site.path("out/here/a/index.html").exists());
    let relative =
        bengal().args(["build", "site", "-o", "beside"]).current_dir(site.parent()).status();
    assert_eq!(relative.unwrap().code(), Some(0));
    assert!(site.parent().join("beside/a/index.html").exists());
}

#[test]
fn usage_errors_give_2() {
    let site = Site::new(PAGES);
    for (arguments, message) in [
        (&["--nonsense"][..], "--nonsense"),
        (&["-j", "0"], "0"),
        (&["-j", "many"], "many"),
        (&["--base-url", "example.org"], "example.org"),
        (&["-q", "-v"], "cannot be used with"),
        (&["--message-format", "xml"], "xml"),
        (&["-c", "nowhere.yaml"], "nowhere.yaml"),
    ] {
        refused(&site, arguments, message);
    }
    for arguments in [&["build", "/nowhere"][..], &["nonsense"], &[], &["clean", "/nowhere"]] {
        assert_eq!(run(bengal().args(arguments)).code, Some(2), "{arguments:?}");
    }
}

#[test]
fn a_folder_without_content_is_no_site() {
    let site = Site::new(PAGES);
    fs::remove_dir_all(site.path("content")).unwrap();
    refused(&site, &[], "content");
}

#[test]
fn the_clock_is_given_in_seconds() {
    let site = Site::new(PAGES);
    let run = run(bengal().arg("build").arg(site.root()).env("SOURCE_DATE_EPOCH", "today"));
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("SOURCE_DATE_EPOCH"), "{}", run.stderr);
    assert!(!site.path("public").exists());
}

#[test]
fn a_wrong_configuration_gives_2_with_its_line() {
    let site = Site::new(PAGES);
    for (text, line) in [
        ("title: [x]\n", "bengal.yaml:1:1"),
        ("title: A\nugly_urls: perhaps\n", "bengal.yaml:2:1"),
        ("title: A\ntimezone: Mars/Phobos\n", "bengal.yaml:2:1"),
        ("a: b: c\n", "bengal.yaml:1:5"),
        ("permalinks: {blog: ':nothing'}\n", "bengal.yaml"),
        ("theme: missing\n", "bengal.yaml"),
        ("pagination: {page_size: -1}\n", "bengal.yaml"),
        ("menus: {main: 3}\n", "bengal.yaml"),
        ("- a list\n", "bengal.yaml"),
    ] {
        site.write("bengal.yaml", text);
        refused(&site, &[], line);
    }
    site.write("bengal.yaml", b"title: \xff\n");
    refused(&site, &[], "bengal.yaml");
}

#[test]
fn a_theme_outside_of_the_site_is_refused() {
    let site = Site::new(PAGES);
    fs::create_dir_all(site.parent().join("theme/templates")).unwrap();
    site.write("themes/x/y", "");
    for theme in ["../../theme", ".."] {
        site.write("bengal.yaml", format!("theme: {theme}\n"));
        refused(&site, &[], "theme");
    }
}

#[test]
fn an_unknown_setting_names_the_nearest_one() {
    let site = Site::new(PAGES);
    site.write("bengal.yaml", "\u{feff}titel: My site\n");
    let run = human(&site, &[]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stderr.contains("did you mean `title`?"), "{}", run.stderr);
}

#[test]
fn another_configuration_is_read_where_it_is_given() {
    let site = Site::new(PAGES);
    site.write("bengal.yaml", "title: [wrong]\n");
    site.write("other/config.yaml", "title: Fine\n");
    let other = site.path("other/config.yaml");
    site.build_clean(&["-c", other.to_str().unwrap()]);
}

#[test]
fn every_json_line_is_an_object_and_the_last_is_build_finished() {
    let site = Site::new(PAGES);
    site.write("content/c.md", "---\ntitle: C\ndate: soon\n---\n\n[x](nowhere.md)\n");
    let messages = site.build(&[]).messages();
    let (last, before) = messages.split_last().unwrap();
    let reasons: Vec<_> =
        before.iter().map(|message| message["reason"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["diagnostic", "diagnostic"]);
    let diagnostic = &messages[1]["diagnostic"];
    assert_eq!(
        diagnostic["place"],
        json!({"file": "content/c.md", "line": 6, "column": 1, "excerpt": "[x](nowhere.md)"})
    );
    assert_eq!(
        (&diagnostic["code"], &diagnostic["severity"]),
        (&json!("broken-link"), &json!("warning"))
    );
    assert!(diagnostic["hint"].is_string() && diagnostic["message"].is_string());
    assert_eq!(last["reason"], "build-finished");
    assert_eq!((&last["success"], &last["exit_code"]), (&json!(true), &json!(0)));
    assert_eq!(last["diagnostics"], json!({"errors": 0, "warnings": 2}));
    // Three pages; the home, 404, a section, a taxonomy and a term.
    assert_eq!((&last["regular_pages"], &last["total_pages"]), (&json!(3), &json!(8)));
    assert_eq!(
        (&last["outputs"]["written"], &last["outputs"]["unchanged"]),
        (&json!(8), &json!(0))
    );
    let public = site.path("public").canonicalize().unwrap();
    assert_eq!(last["output"].as_str(), public.to_str());
    let stages = last["stages"].as_array().unwrap();
    let names: Vec<_> = stages.iter().map(|stage| stage["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["discover", "parse", "taxonomy", "render", "write"]);
}

#[test]
fn a_refusal_in_json_ends_with_build_finished_too() {
    let site = Site::new(PAGES);
    site.write("bengal.yaml", "title: [x]\n");
    for (arguments, diagnostics) in [(&[][..], 1), (&["-c", "nowhere.yaml"], 0)] {
        let run = site.build(arguments);
        assert_eq!((run.code, run.diagnostics().len()), (Some(2), diagnostics));
        let last = run.messages().pop().unwrap();
        assert_eq!((&last["reason"], &last["exit_code"]), (&json!("build-finished"), &json!(2)));
        assert_eq!(last["success"], false);
    }
    let missing = run(bengal().args(["build", "/nowhere"]).args(JSON));
    assert_eq!(missing.messages().pop().unwrap()["reason"], "build-finished");
}

#[test]
fn pages_that_are_not_built_are_counted_by_reason() {
    let site = Site::new(PAGES);
    site.write("content/d.md", "---\ndraft: true\ndate: 2999-01-01\n---\n");
    site.write("content/docs/e/index.md", "---\ndate: 2999-01-01\n---\n");
    site.write("content/old/_index.md", "---\ncascade: {expiry: 2001-01-01}\n---\n");
    site.write("content/old/f.md", "old");
    site.write("content/old/g.md", "old");
    let told = human(&site, &[]).stdout;
    let left = "left out: 1 draft (--drafts), 1 page of the future (--future), 2 expired pages (--expired)";
    assert!(told.contains(left), "{told}");
    let last = site.build(&["--drafts"]).messages().pop().unwrap();
    assert_eq!(last["excluded"], json!({"drafts": 0, "future": 2, "expired": 2}));
}

#[test]
fn the_line_at_the_end_says_how_many_pages_of_how_many_were_built() {
    let site = Site::new(&[
        ("bengal.yaml", "pagination: {page_size: 1}\n"),
        ("templates/section.liquid", "{{ 1 | divided_by: 0 }}"),
        ("content/s/a.md", ""),
        ("content/s/b.md", ""),
    ]);
    let run = run(bengal().arg("build").arg(site.root()));
    assert_eq!(run.code, Some(1));
    // The section's list takes two pages of HTML, and is one page of the site.
    assert!(run.stdout.starts_with("built 4 of 5 pages ("), "{}", run.stdout);
    assert!(
        run.stdout.contains("\n1 page left out because of errors in templates\n"),
        "{}",
        run.stdout
    );
}

#[test]
fn people_are_told_in_one_line() {
    let site = Site::new(PAGES);
    let run = human(&site, &[]);
    assert_eq!(run.stderr, "");
    assert_eq!(run.stdout.lines().count(), 1, "{}", run.stdout);
    assert!(run.stdout.contains("7 pages") && run.stdout.contains("public"), "{}", run.stdout);
}

#[test]
fn quiet_prints_nothing_but_what_is_wrong() {
    let site = Site::new(PAGES);
    let quiet = human(&site, &["--quiet"]);
    assert_eq!((quiet.code, quiet.stdout.as_str(), quiet.stderr.as_str()), (Some(0), "", ""));
    site.write("content/c.md", "[x](nowhere.md)\n");
    let quiet = human(&site, &["-q"]);
    assert_eq!(quiet.stdout, "");
    assert!(quiet.stderr.contains("broken-link"), "{}", quiet.stderr);
}

#[test]
fn verbose_prints_the_table_of_stages() {
    let site = Site::new(PAGES);
    let run = human(&site, &["-v", "-j", "3"]);
    for (stage, workers, items) in
        [("parse", "3", "2"), ("taxonomy", "1", "2"), ("write", "3", "7")]
    {
        let row = run.stdout.lines().find(|line| line.starts_with(stage));
        let cells: Vec<_> = row.unwrap_or_default().split_whitespace().collect();
        assert_eq!(cells.get(1..3), Some(&[workers, items][..]), "{}", run.stdout);
    }
    assert!(run.stdout.contains("busy"), "{}", run.stdout);
}

#[test]
fn help_names_every_option_and_every_exit_code() {
    let build = run(bengal().args(["build", "--help"]));
    assert_eq!((build.code, build.stderr.as_str()), (Some(0), ""));
    for option in [
        "--output",
        "--config",
        "--jobs",
        "--base-url",
        "--drafts",
        "--future",
        "--expired",
        "--strict",
        "--quiet",
        "--verbose",
        "--message-format",
    ] {
        assert!(build.stdout.contains(option), "{option}");
    }
    let help = run(bengal().arg("--help"));
    for text in [&build.stdout, &help.stdout] {
        for code in ["  0  ", "  1  ", "  2  ", "  3  "] {
            assert!(text.contains(code), "{code:?} in\n{text}");
        }
    }
    assert!(help.stdout.contains("build") && help.stdout.contains("clean"));
}

#[test]
fn a_diagnostic_shows_its_line_a_caret_and_a_hint() {
    let site = Site::new(PAGES);
    site.write("content/c.md", "---\ntitle: C\n---\nSee [x\u{7}](nowhere.md)\n");
    let shown = human(&site, &[]).stderr;
    for part in ["warning[broken-link]", "content/c.md:4:5", "4 | See [x", "    ^", "help: "] {
        assert!(shown.contains(part), "{part:?} in\n{shown}");
    }
    assert!(!shown.contains(['\u{7}', '\u{1b}']), "{shown:?}");
}

#[test]
fn an_output_directory_among_the_inputs_is_refused() {
    let site = Site::new(PAGES);
    for folder in ["static", "data", "assets", "themes"] {
        fs::create_dir_all(site.path(folder)).unwrap();
    }
    for output in [
        "content",
        "content/docs",
        "content/new/deep",
        "templates",
        "static/x",
        "data",
        "assets",
        "themes/x",
        ".",
        "..",
        "static/../content/x",
        ".bengal",
        ".bengal/out",
    ] {
        let output = site.path(output);
        refused(&site, &["-o", output.to_str().unwrap()], "output directory");
    }
    site.write("bengal.yaml", "output: content/public\n");
    refused(&site, &[], "output directory");
}

#[cfg(unix)]
#[test]
fn an_output_directory_among_the_inputs_is_refused_through_links_too() {
    let site = Site::new(PAGES);
    let link = site.parent().join("link");
    std::os::unix::fs::symlink(site.path("content"), &link).unwrap();
    refused(&site, &["-o", link.to_str().unwrap()], "output directory");
    refused(&site, &["-o", link.join("new/deep").to_str().unwrap()], "output directory");
    let inside = site.parent().join("real");
    fs::rename(site.path("content"), &inside).unwrap();
    std::os::unix::fs::symlink(&inside, site.path("content")).unwrap();
    refused(&site, &["-o", inside.join("out").to_str().unwrap()], "output directory");
}

#[test]
fn an_output_directory_that_cannot_be_made_is_refused() {
    let site = Site::new(PAGES);
    let output = site.path("content/a.md/out");
    assert_eq!(human(&site, &["-o", output.to_str().unwrap()]).code, Some(2));
    site.write("file", "mine");
    let run = human(&site, &["-o", site.path("file").to_str().unwrap()]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert_eq!(fs::read(site.path("file")).unwrap(), b"mine");
}

/// Runs the binary where no file may grow over `blocks` of 512 bytes, as on a full disk.
#[cfg(unix)]
fn on_a_full_disk(site: &Site, blocks: u32) -> Run {
    let mut command = limited(&format!("trap '' XFSZ; ulimit -f {blocks}"));
    run(command.args(["build", "-j", "1"]).arg(site.root()))
}

#[cfg(unix)]
#[test]
fn a_stage_that_fails_gives_3_and_is_named() {
    let site = Site::new(PAGES);
    site.write("static/large.bin", vec![7; 64 * 1024]);
    let failed = on_a_full_disk(&site, 40);
    assert_eq!(failed.code, Some(3), "{}", failed.stderr);
    assert!(failed.stderr.contains("the stage `write` failed"), "{}", failed.stderr);
    assert!(failed.stderr.contains("large.bin"), "{}", failed.stderr);
    assert!(!site.path("public/large.bin").exists() && !site.path("public/.bengal-tmp").exists());
    site.write("content/large.md", "word ".repeat(20_000));
    let failed = on_a_full_disk(&site, 40);
    assert_eq!(failed.code, Some(3), "{}", failed.stderr);
    assert!(failed.stderr.contains("the stage `parse` failed"), "{}", failed.stderr);
    site.build_clean(&[]);
    assert!(site.path("public/large.bin").exists());
}

#[test]
fn clean_removes_what_bengal_wrote_and_nothing_else() {
    let site = Site::new(PAGES);
    site.build_clean(&[]);
    site.write("public/mine.txt", "mine");
    site.write("public/docs/mine.txt", "mine");
    site.write(".bengal-metrics/history.jsonl", "{}\n");
    let sources = tree(&site.path("content"));
    let cleaned = run(bengal().arg("clean").arg(site.root()));
    assert_eq!(cleaned.code, Some(0), "{}", cleaned.stderr);
    assert!(
        cleaned.stdout.contains("\nkept the measurements in .bengal-metrics\n"),
        "{}",
        cleaned.stdout
    );
    assert_eq!(site.output().into_keys().collect::<Vec<_>>(), ["docs/mine.txt", "mine.txt"]);
    assert!(!site.path(".bengal").exists() && site.path(".bengal-metrics/history.jsonl").exists());
    assert_eq!(tree(&site.path("content")), sources);
    assert_eq!(run(bengal().arg("clean").arg(site.root())).code, Some(0), "and again");
}

#[test]
fn clean_works_on_one_output_directory_and_forgets_no_other() {
    let site = Site::new(PAGES);
    let other = site.parent().join("other");
    site.build_clean(&["-o", other.to_str().unwrap()]);
    site.build_clean(&[]);
    assert_eq!(run(bengal().arg("clean").arg(site.root())).code, Some(0));
    assert!(!site.path("public").exists() && other.join("index.html").exists());
    let cleaned = run(bengal().arg("clean").arg(site.root()).arg("-o").arg(&other));
    assert_eq!(cleaned.code, Some(0), "{}", cleaned.stderr);
    assert!(!other.exists() && !site.path(".bengal").exists());
}
