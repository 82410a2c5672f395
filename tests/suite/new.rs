//! `bengal new`: what it makes builds without a warning, and nothing that was there is touched.

use std::fs;
use std::path::Path;

use crate::support::{JSON, Run, Site, bengal, differences, run, tree};

const STARTERS: &[&str] = &["docs", "blog", "blank"];

/// `bengal new` in the folder `folder`.
fn new(folder: &Path, arguments: &[&str]) -> Run {
    run(bengal().arg("new").args(arguments).current_dir(folder))
}

/// A run that is expected to make something; gives what it printed.
fn made(folder: &Path, arguments: &[&str]) -> String {
    let run = new(folder, arguments);
    assert_eq!((run.code, &*run.stderr), (Some(0), ""), "{arguments:?}\n{}", run.stdout);
    run.stdout
}

/// Asserts that `bengal new` in `folder` is refused with `message`, and changes nothing in `around`.
fn refused(around: &Path, folder: &Path, arguments: &[&str], message: &str) {
    let before = tree(around);
    let run = new(folder, arguments);
    assert_eq!((run.code, &*run.stdout), (Some(2), ""), "{arguments:?}\n{}", run.stderr);
    assert!(run.stderr.contains(message), "{message:?} is not in\n{}", run.stderr);
    assert_eq!(differences(&before, &tree(around)), [""; 0], "{arguments:?}");
}

/// Builds the site at `root`, into `output` beside it; expects nothing wrong.
fn strictly_built(root: &Path, output: &str, arguments: &[&str]) -> crate::support::Tree {
    let output = root.join("..").join(output);
    let mut command = bengal();
    command.arg("build").arg(root).arg("-o").arg(&output).arg("--strict").args(arguments);
    let run = run(command.args(JSON));
    assert_eq!(run.diagnostics(), [""; 0], "{}", root.display());
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    tree(&output)
}

#[test]
fn every_new_site_builds_strictly_and_alike_with_one_worker() {
    for starter in STARTERS {
        let folder = tempfile::tempdir().unwrap();
        let printed = made(folder.path(), &["site", "a/My-notes", "--template", starter]);
        assert!(printed.contains("My Notes") && printed.contains("bengal serve a/My-notes"));
        let root = folder.path().join("a/My-notes");
        let one = strictly_built(&root, "one", &["-j", "1"]);
        let many = strictly_built(&root, "many", &["-j", "4"]);
        assert_eq!(differences(&one, &many), [""; 0], "{starter}");
        let home = String::from_utf8(one["index.html"].clone()).unwrap();
        assert!(home.contains("<title>My Notes</title>"), "{home}");
        assert!(!one.values().any(|bytes| bytes.windows(2).any(|two| two == b"{{")), "{starter}");
        let ignored = fs::read_to_string(root.join(".gitignore")).unwrap();
        for line in ["/public/", "/.bengal/", "/.bengal-metrics/*", "!/.bengal-metrics/saved/"] {
            assert!(ignored.lines().any(|ignored| ignored == line), "{line}");
        }
    }
}

#[test]
fn the_page_that_a_new_site_proposes_can_be_made() {
    for starter in STARTERS {
        let folder = tempfile::tempdir().unwrap();
        let printed = made(folder.path(), &["site", "site", "--template", starter]);
        let command = printed.lines().find_map(|line| line.trim().strip_prefix("bengal new "));
        let command = command.unwrap().split("    ").next().unwrap();
        made(folder.path(), &command.split(' ').collect::<Vec<_>>());
        let root = folder.path().join("site");
        let drafts = strictly_built(&root, "drafts", &["--drafts"]);
        let published = strictly_built(&root, "published", &[]);
        assert!(drafts.len() > published.len(), "{starter}: it is a draft");
    }
}

#[test]
#[cfg(unix)]
fn a_folder_may_have_any_name() {
    for (name, title) in [
        ("my: \"site\"", "My: &quot;site&quot;"),
        ("it's # {{ 1 }}", "It&#39;s # {{ 1 }}"),
        ("1.10", "1.10"),
        ("line\nend", "Line End"),
        ("yes", "Yes"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        made(folder.path(), &["site", name]);
        let output = strictly_built(&folder.path().join(name), "output", &[]);
        let home = String::from_utf8(output["index.html"].clone()).unwrap();
        assert!(home.contains(&format!("<title>{title}</title>")), "{name}: {home}");
    }
}

#[test]
fn a_site_is_made_in_the_current_folder_and_in_a_new_repository() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().join("Notes");
    fs::create_dir_all(here.join(".git")).unwrap();
    fs::write(here.join(".git/HEAD"), "").unwrap();
    let printed = made(&here, &["site", "."]);
    assert!(printed.contains("Notes") && printed.contains("  bengal serve  "), "{printed}");
    strictly_built(&here, "output", &[]);
}

#[test]
fn a_new_repository_keeps_what_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let own =
        ["README.md", "LICENSE-MIT", "licence.txt", "COPYING", ".gitignore", ".gitattributes"];
    for name in own {
        fs::write(here.join(name), "mine\n/public\n").unwrap();
    }
    fs::create_dir(here.join(".git")).unwrap();
    let printed = made(here, &["site", "."]);
    assert!(printed.contains(": 12 files,"), "{printed}");
    let wanted = "\n  /.bengal/\n  /.bengal-metrics/*\n  !/.bengal-metrics/saved/\n";
    assert!(printed.contains(wanted), "{printed}");
    assert!(!printed.contains("  /public/"), "{printed}");
    for name in own {
        assert_eq!(fs::read_to_string(here.join(name)).unwrap(), "mine\n/public\n", "{name}");
    }
    strictly_built(here, "output", &[]);
    refused(here, here, &["site", "."], "is not empty");
}

#[test]
fn a_folder_that_holds_anything_else_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::create_dir(path.join("full")).unwrap();
    fs::write(path.join("full/mine.txt"), "").unwrap();
    fs::write(path.join("file"), "").unwrap();
    refused(path, path, &["site", "full"], "mine.txt");
    refused(path, path, &["site", "file"], "no folder");
    refused(path, path, &["site", "file/below"], "file/below");
    refused(path, path, &["site", "x", "--template", "wiki"], "docs, blog, blank");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nowhere", path.join("link")).unwrap();
        refused(path, path, &["site", "link"], "link");
    }
}

#[test]
fn a_page_is_made_of_its_sections_archetype_else_the_default_else_the_built_in() {
    let site = Site::new(&[("bengal.yaml", "timezone: Europe/Berlin\n")]);
    made(&site.root(), &["page", "posts/one-two"]);
    let page = fs::read_to_string(site.path("content/posts/one-two.md")).unwrap();
    assert_eq!(
        page,
        "---\ntitle: \"One Two\"\ndate: 2023-11-14T23:13:20+01:00\ndraft: true\n---\n"
    );
    site.write("archetypes/default.md", "default {{ path }} {{ slug }}\n");
    site.write("archetypes/posts.md", "posts {{ title }} {{ date | date: '%Y' }}\n");
    for (path, file, text) in [
        ("content/posts/Three.md", "posts/Three.md", "posts Three 2023\n"),
        ("posts/deep/four/", "posts/deep/four/index.md", "posts Four 2023\n"),
        ("My Page", "My Page.md", "default My Page.md my-page\n"),
        ("other/_index", "other/_index.md", "default other/_index.md other\n"),
    ] {
        made(&site.root(), &["page", path]);
        let page = fs::read_to_string(site.path("content").join(file)).unwrap();
        assert_eq!(page, text, "{path}");
    }
}

#[test]
#[cfg(unix)]
fn an_archetype_that_is_no_file_is_refused_and_not_waited_for() {
    let site = Site::new(&[("archetypes/a.md/file", "")]);
    let pipe = site.path("archetypes/default.md");
    assert!(std::process::Command::new("mkfifo").arg(pipe).status().unwrap().success());
    for path in ["page", "a/page"] {
        let run = new(&site.root(), &["page", path]);
        assert_eq!((run.code, &*run.stdout), (Some(2), ""), "{}", run.stderr);
        assert!(run.stderr.contains(".md: is no file"), "{}", run.stderr);
        assert!(!site.path("content").join(path).with_extension("md").exists());
    }
}

#[test]
fn the_url_that_is_printed_is_the_one_that_is_built() {
    for config in ["", "ugly_urls: true\n", "permalinks: {posts: '/:year/:slug/'}\n"] {
        let site = Site::new(&[("bengal.yaml", config), ("content/posts/_index.md", "")]);
        site.write("archetypes/notes.md", "# A {{ title }} {{ date | date: '%Y' }}\n");
        for path in ["posts/a", "posts/B c/", "notes/d", "404", "e.f", "new/_index"] {
            let printed = made(site.parent(), &["page", path, "--site", "site"]);
            let url = printed.lines().find_map(|line| line.strip_prefix("its URL is ")).unwrap();
            site.build_clean(&["--drafts", "--strict"]);
            let file = if url.ends_with('/') { format!("{url}index.html") } else { url.to_owned() };
            let file = site.path("public").join(file.trim_start_matches('/'));
            assert!(file.exists(), "{config}{path}: {url}");
            let is_draft = printed.contains("it is a draft");
            assert_eq!(is_draft, !path.starts_with("notes"), "{printed}");
            assert_eq!(is_draft, printed.contains("--drafts"), "{printed}");
        }
    }
}

#[test]
fn a_title_may_hold_anything() {
    let site = Site::new(&[]);
    for (number, title) in
        ["He said: \"it's #1\"", "- {{ x }} \\ %}", "yes", "1.10", "日本 & <b>"].iter().enumerate()
    {
        let name = format!("p{number}");
        made(&site.root(), &["page", &name, &format!("--title={title}")]);
        site.build_clean(&["--drafts", "--strict"]);
        assert!(site.read(&format!("{name}/index.html")).starts_with(&format!("page {title}\n")));
    }
}

#[test]
fn what_is_there_is_never_overwritten() {
    let site = Site::new(&[
        ("content/a.md", "mine"),
        ("content/b/index.md", "mine"),
        ("content/c/_index.md", "mine"),
        ("content/d/e.md", "mine"),
        ("content/_index.md", "mine"),
    ]);
    let root = site.root();
    for (path, message) in [
        ("a", "content/a.md: is there already"),
        ("a/", "the same page as content/a.md"),
        ("a/_index.md", "the same page as content/a.md"),
        ("b", "the same page as content/b/index.md"),
        ("b/_index", "the same page as content/b/index.md"),
        ("c/", "the same page as content/c/_index.md"),
        ("c.md", "the same page as content/c/_index.md"),
        ("index", "the same page as content/_index.md"),
        ("d/", "would make one page of a section"),
    ] {
        refused(site.parent(), &root, &["page", path], message);
    }
    made(&root, &["page", "d/_index"]);
    made(&root, &["page", "b/beside"]);
    site.build_clean(&["--drafts", "--strict"]);
}

#[test]
fn a_page_outside_of_the_content_is_refused() {
    let site = Site::new(&[]);
    let absolute = site.path("content/x.md");
    for path in [
        "../x",
        "content/../x",
        "a/../../x",
        "/tmp/x",
        absolute.to_str().unwrap(),
        ".x",
        "a/.b/c",
        "",
    ] {
        refused(site.parent(), &site.root(), &["page", path], "error");
    }
    refused(site.parent(), site.parent(), &["page", "x"], "no folder `content`");
}

#[test]
#[cfg(unix)]
fn a_link_that_leaves_the_site_is_not_followed() {
    use std::os::unix::fs::symlink;

    let site = Site::new(&[("inside/a.md", "---\ntitle: A\n---\n"), (".bengal/x", "")]);
    let outside = site.parent().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret.md"), "secret").unwrap();
    let (parent, root) = (site.parent(), site.root());
    for (link, target) in [
        ("content/out", "../../outside"),
        ("content/own", "../.bengal"),
        ("content/nowhere.md", "../../outside/new.md"),
        ("content/within", "../inside"),
        ("themes", "../outside"),
        ("archetypes", "../outside"),
    ] {
        symlink(target, site.path(link)).unwrap();
    }
    refused(parent, &root, &["page", "out/x"], "leads out of the site");
    refused(parent, &root, &["page", "out/deep/x"], "leads out of the site");
    refused(parent, &root, &["page", "own/x"], "leads to what is ignored");
    refused(parent, &root, &["page", "nowhere"], "content/nowhere.md");
    refused(parent, &root, &["theme", "mine"], "leads out of the site");
    fs::rename(outside.join("secret.md"), outside.join("default.md")).unwrap();
    refused(parent, &root, &["page", "x"], "leads out of the site");
    fs::remove_file(site.path("archetypes")).unwrap();
    made(&root, &["page", "within/x"]);
    assert!(site.path("inside/x.md").exists());
    fs::remove_dir_all(site.path("content")).unwrap();
    symlink("../outside", site.path("content")).unwrap();
    refused(parent, &root, &["page", "x"], "leads out of the site");
}

#[test]
fn a_wrong_archetype_makes_no_page_and_is_shown() {
    let site = Site::new(&[("bengal.yaml", "permalinks: {posts: '/:year/:slug/'}\n")]);
    for (text, message) in [
        ("---\ntitle: {{ titel }}\n---\n", "did you mean `title`?"),
        ("---\ntitle: {{ .Name }}\n---\n", "archetypes/default.md:2"),
        ("---\ntitle: {{ title }}: x\n---\n", "`{{ title | jsonify }}` is YAML"),
        ("---\ntitle: {{ title }}: x\n---\n", "archetypes/default.md:2:9"),
        ("---\ntitle: {{ title }}\n---\n", "`date: {{ date }}`"),
        ("{% for x in (1..9000000) %}{% endfor %}", "loops take over"),
    ] {
        site.write("archetypes/default.md", text);
        refused(site.parent(), &site.root(), &["page", "posts/a"], message);
    }
}

#[test]
fn a_copy_of_the_theme_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    made(folder.path(), &["site", "site", "--template", "blog"]);
    let root = folder.path().join("site");
    let embedded = strictly_built(&root, "embedded", &[]);
    let printed = made(folder.path(), &["theme", "mine: 1", "--site", "site"]);
    let line = printed.lines().find(|line| line.trim().starts_with("theme:")).unwrap();
    let config = root.join("bengal.yaml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("{text}{}\n", line.trim())).unwrap();
    let copied = strictly_built(&root, "copied", &[]);
    assert_eq!(differences(&embedded, &copied), [""; 0]);
    fs::write(root.join("themes/mine: 1/templates/base.liquid"), "changed").unwrap();
    assert_ne!(strictly_built(&root, "changed", &[]), embedded, "the copy is what was used");
    for name in ["mine: 1", "", ".", "..", "../x", "a/b", ".x", "/tmp/x", "a/", "a\\b"] {
        refused(folder.path(), &root, &["theme", name], "error");
    }
}

#[test]
fn help_says_what_can_be_made_and_of_what() {
    for (arguments, parts) in [
        (&["--help"][..], &["site", "page", "theme"][..]),
        (&["site", "--help"], &["docs", "blog", "blank", "[default: docs]"]),
        (
            &["page", "--help"],
            &["archetypes/SECTION.md", "archetypes/default.md", "--title", "--site"],
        ),
        (&["theme", "--help"], &["NAME", "--site"]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let help = made(folder.path(), arguments);
        for part in parts {
            assert!(help.contains(part), "{part} is not in\n{help}");
        }
    }
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(new(folder.path(), &[]).code, Some(2));
}
