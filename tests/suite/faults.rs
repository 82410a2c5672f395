//! What content and file systems may do wrong.
//!
//! **Invariant:** each fault is a diagnostic, the rest of the site is built, nothing is written
//! outside the output directory, and nothing panics or hangs.

use std::fs;

use crate::support::{Run, Site, Tree, tree};

/// A page that has nothing to do with what is wrong.
pub const FINE: (&str, &str) = ("content/fine.md", "---\ntitle: Fine\n---\nText.\n");

pub fn site(files: &[(&str, &str)]) -> Site {
    let site = Site::new(&[FINE]);
    files.iter().for_each(|(path, text)| site.write(path, text));
    site
}

/// What lies around the output: beside the site, and in it.
fn surroundings(site: &Site) -> Tree {
    let mut around = tree(site.parent());
    let own = |path: &str| {
        let folders = ["site/public/", "site/.bengal/", "site/.bengal-metrics/"];
        folders.iter().any(|folder| path.starts_with(folder))
    };
    around.retain(|path, _| !own(path));
    around
}

/// Builds with one worker and with many; asserts that all but the fault is there.
pub fn build_around(site: &Site, code: i32) -> Run {
    let before = surroundings(site);
    let run = site.build(&["-j", "1"]);
    let output = site.output();
    assert_eq!(run.code, Some(code), "{:?}\n{}", run.diagnostics(), run.stderr);
    assert_eq!(site.read("fine/index.html"), "page Fine\n<p>Text.</p>\n");
    let again = site.build(&["-j", "16"]);
    assert_eq!(run.diagnostics(), again.diagnostics());
    assert_eq!(crate::support::differences(&output, &site.output()), [""; 0]);
    assert_eq!(crate::support::differences(&before, &surroundings(site)), [""; 0]);
    run
}

#[test]
fn urls_that_leave_are_refused() {
    let site = site(&[
        ("content/a.md", "---\nslug: ../../x\n---\n"),
        ("content/b.md", "---\nurl: /../x\n---\n"),
        ("content/c.md", "---\naliases: [/../x, ../../x]\n---\n"),
        ("content/d.md", "---\nurl: '/a\\..\\..\\x'\n---\n"),
        ("content/e.md", "---\ntags: ['../../x', '..', '/', 'a/../../b']\n---\n"),
        ("content/f.md", "---\nmenu: {'../x': {url: ../x}}\n---\n"),
    ]);
    let run = build_around(&site, 1);
    for (file, code) in [
        ("a.md", "url-outside"),
        ("b.md", "url-outside"),
        ("c.md", "url-outside"),
        ("d.md", "url-outside"),
    ] {
        run.expect(&[code, file]);
    }
    assert!(!site.path("x").exists() && !site.parent().join("x").exists());
}

#[test]
fn includes_that_leave_are_refused() {
    let site = site(&[
        ("content/a.md", "---\nlayout: ../../secret\n---\n"),
        ("content/b.md", "---\nlayout: up\n---\n"),
        ("content/c.md", "---\nlayout: named\n---\n"),
        ("templates/up.liquid", "{% include \"../../secret.liquid\" %}"),
        ("templates/named.liquid", "{% assign n = \"../../secret.liquid\" %}{% include n %}"),
    ]);
    fs::write(site.parent().join("secret.liquid"), "secret").unwrap();
    let run = build_around(&site, 1);
    run.expect(&["missing-layout", "content/a.md"]);
    run.expect(&["template-syntax", "templates/up.liquid"]);
    run.expect(&["template-render", "templates/named.liquid"]);
    assert!(site.output().values().all(|bytes| !bytes.starts_with(b"secret")));
}

#[cfg(unix)]
#[test]
fn links_out_of_the_site_are_not_followed() {
    use std::os::unix::fs::symlink;
    let site = site(&[("content/docs/b.md", "B\n")]);
    let outside = site.parent().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret.md"), "secret").unwrap();
    symlink(outside.join("secret.md"), site.path("content/secret.md")).unwrap();
    symlink(&outside, site.path("content/folder")).unwrap();
    symlink(&outside, site.path("static")).unwrap();
    symlink(&outside, site.path("data")).unwrap();
    symlink(outside.join("secret.md"), site.path("templates/secret.liquid")).unwrap();
    symlink("nowhere", site.path("content/dangling.md")).unwrap();
    symlink("docs", site.path("content/copy")).unwrap();
    let run = build_around(&site, 1);
    for file in ["content/secret.md", "content/folder", "templates/secret.liquid", "static", "data"]
    {
        run.expect(&["symlink-outside", file]);
    }
    assert!(site.path("public/copy/b/index.html").exists(), "a link within the site is followed");
    let leaked = |(path, bytes): (&String, &Vec<u8>)| {
        path.contains("secret") || bytes.starts_with(b"secret")
    };
    assert!(!site.output().iter().any(leaked));
}

#[cfg(unix)]
#[test]
fn links_in_a_circle_are_reported() {
    use std::os::unix::fs::symlink;
    let site = site(&[("content/docs/b.md", "B\n")]);
    symlink("..", site.path("content/docs/up")).unwrap();
    symlink("self", site.path("content/self")).unwrap();
    let run = build_around(&site, 1);
    run.expect(&["symlink-outside", "content/docs/up"]);
    run.expect(&["content/self"]);
    assert!(site.path("public/docs/b/index.html").exists());
}

#[cfg(unix)]
#[test]
fn what_is_no_plain_file_is_not_read() {
    let site = site(&[]);
    let fifo = |path: &str| {
        let status = std::process::Command::new("mkfifo").arg(site.path(path)).status().unwrap();
        assert!(status.success());
    };
    fs::create_dir_all(site.path("static")).unwrap();
    fifo("content/pipe.md");
    fifo("static/pipe");
    fifo("templates/pipe.liquid");
    fs::create_dir(site.path("content/folder.md")).unwrap();
    site.write("content/asks.md", "---\nliquid: true\n---\n{% include_relative pipe.md %}\n");
    let run = site.build(&[]);
    run.expect(&["content/asks.md:4:1", "pipe.md cannot be read, or is no file"]);
    assert_eq!(site.read("fine/index.html"), "page Fine\n<p>Text.</p>\n");
}

#[test]
fn what_is_no_utf8_is_reported_at_its_line() {
    let site = site(&[]);
    site.write("content/latin.md", b"---\ntitle: A\n---\nna\xefve\n");
    site.write("content/front.md", b"---\ntitle: na\xefve\n---\n");
    site.write("data/latin.yaml", b"a: na\xefve\n");
    site.write("templates/latin.liquid", b"na\xefve");
    site.write("content/zero.md", b"a\0b\n");
    site.write("content/wide.md", b"\xff\xfea\0b\0");
    let run = build_around(&site, 1);
    for place in [
        "content/latin.md:4:3",
        "content/front.md:2:10",
        "data/latin.yaml:1:6",
        "templates/latin.liquid",
        "content/wide.md",
    ] {
        run.expect(&["error[not-utf8]", place]);
    }
    assert!(site.path("public/zero/index.html").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn odd_names_of_files_do_no_harm() {
    use std::os::unix::ffi::OsStrExt;
    let site = site(&[]);
    for name in [
        &b"na\xefve.md"[..],
        b"line\nbreak.md",
        b"-rf.md",
        b"a:b?c*.md",
        b"con.md",
        b" .md",
        b"%2e%2e.md",
        b"...md",
        b"x.MD",
    ] {
        let name = std::ffi::OsStr::from_bytes(name);
        fs::write(site.path("content").join(name), "Text.\n").unwrap();
    }
    let long = "l".repeat(252);
    site.write(&format!("content/{long}.md"), "Text.\n");
    site.write(
        "content/long.md",
        format!("---\ntags: {}\nslug: {}\n---\n", "t".repeat(300), "s".repeat(300)),
    );
    let run = build_around(&site, 1);
    run.expect(&["error[not-utf8]", "content/na"]);
    run.expect(&["reserved-name", "content/con.md"]);
    run.expect(&["error[url-outside]", "content/long.md"]);
    for path in ["line-break", "rf", "abc", "con_"] {
        assert!(site.path("public").join(path).join("index.html").exists(), "{path}");
    }
}

#[cfg(unix)]
#[test]
fn links_in_the_output_are_not_followed() {
    use std::os::unix::fs::symlink;
    let site = site(&[("content/docs/b.md", "B\n"), ("static/f.txt", "own\n")]);
    let outside = site.parent().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("f.txt"), "theirs").unwrap();
    fs::create_dir(site.path("public")).unwrap();
    symlink(&outside, site.path("public/docs")).unwrap();
    symlink(outside.join("f.txt"), site.path("public/f.txt")).unwrap();
    symlink(&outside, site.path("public/.bengal-tmp")).unwrap();
    let run = build_around(&site, 1);
    run.expect(&["output-blocked", "docs"]);
    assert_eq!(tree(&outside).into_keys().collect::<Vec<_>>(), ["f.txt"]);
    assert_eq!(fs::read(outside.join("f.txt")).unwrap(), b"theirs");
    assert_eq!(site.read("f.txt"), "own\n");
}

#[test]
fn what_stands_in_the_way_of_a_file_is_reported() {
    let site = site(&[("content/a.md", "A\n"), ("content/b.md", "B\n")]);
    site.write("public/a", "a file where a folder must go");
    site.write("public/b/index.html/mine.txt", "a folder where a file must go");
    let run = build_around(&site, 1);
    run.expect(&["output-blocked", "a/index.html"]);
    run.expect(&["output-blocked", "b/index.html"]);
    assert!(site.path("public/b/index.html/mine.txt").exists());
}

#[test]
fn pages_that_cannot_both_be_give_the_same_with_any_number_of_workers() {
    let site = site(&[]);
    for number in 0..200 {
        // Neighbours in the order of paths, so that two workers have them at one time.
        site.write(&format!("content/{number}a.md"), format!("---\nurl: /x{number}.y/z/\n---\n"));
        site.write(&format!("content/{number}b.md"), format!("---\nurl: /x{number}.y\n---\n"));
    }
    let mut built = Vec::new();
    for jobs in ["1", "4", "16", "16", "16"] {
        fs::remove_dir_all(site.path("public")).ok();
        fs::remove_dir_all(site.path(".bengal")).ok();
        let run = site.build(&["-j", jobs]);
        built.push((run.diagnostics(), site.output()));
    }
    let same = built.windows(2).all(|pair| pair[0] == pair[1]);
    assert!(same, "which of two pages wins depends on who is faster");
}
