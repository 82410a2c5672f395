//! A build upon an earlier one: what is left over goes, what is equal is not touched, and two
//! builds of one site do not meet.
//!
//! **Invariant:** the output directory is, byte for byte, as a build into an empty one would leave it,
//! but for the files that bengal did not write.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Duration;

use bengal::build::{BuildOptions, Listener, build};
use bengal::pipeline::runner::Progress;

use crate::support::{Site, Tree, bengal, differences, tree};

const PAGES: &[(&str, &str)] = &[
    ("content/a.md", "---\ntitle: A\ntags: [x, y]\naliases: /old/\n---\nText.\n"),
    ("content/docs/b.md", "---\ntitle: B\n---\n[a](../a.md)\n"),
    ("content/docs/pic.png", "pic"),
    ("static/s/t.txt", "static"),
];

/// What a build of the site into an empty directory gives.
fn clean_output(site: &Site) -> Tree {
    let output = site.parent().join("clean");
    fs::remove_dir_all(&output).ok();
    let run = site.build(&["-o", output.to_str().unwrap()]);
    assert!(run.code < Some(2), "{}", run.stderr);
    tree(&output)
}

/// Builds again and asserts that a clean build would give the same.
fn assert_as_clean(site: &Site, after: &str) {
    let built = site.build(&[]);
    let clean = clean_output(site);
    let wrong = differences(&clean, &site.output());
    assert!(wrong.is_empty(), "after {after}:\n{}\n{:?}", wrong.join("\n"), built.diagnostics());
}

#[test]
fn outputs_of_what_is_gone_go_too() {
    let site = Site::new(PAGES);
    site.build_clean(&[]);
    assert!(site.path("public/old/index.html").exists());
    for file in ["content/a.md", "static/s/t.txt", "content/docs/pic.png", "content/docs/b.md"] {
        fs::remove_file(site.path(file)).unwrap();
        assert_as_clean(&site, file);
    }
    assert_eq!(site.output().into_keys().collect::<Vec<_>>(), ["404.html", "index.html"]);
}

#[test]
fn outputs_move_with_their_pages() {
    let site = Site::new(PAGES);
    site.build_clean(&[]);
    site.write("content/docs/b.md", "---\ntitle: B\nslug: c\n---\n");
    assert_as_clean(&site, "another slug");
    site.write("content/a.md", "---\ntitle: A\ndraft: true\n---\n");
    assert_as_clean(&site, "a draft");
    site.write("bengal.yaml", "ugly_urls: true\n");
    assert_as_clean(&site, "ugly URLs");
    assert_eq!(site.read("docs/c.html"), "page B\n");
}

#[test]
fn a_file_becomes_a_folder_and_a_folder_a_file() {
    let site = Site::new(&[("content/b.md", "---\ntitle: B\n---\n")]);
    for (url, path) in [("/x.y", "x.y"), ("/x.y/", "x.y/index.html"), ("/x.y", "x.y")] {
        site.write("content/a.md", format!("---\ntitle: A\nurl: {url}\n---\n"));
        assert_as_clean(&site, url);
        assert_eq!(site.read(path), "page A\n");
    }
}

#[test]
fn a_page_may_take_the_place_of_a_file_of_the_same_bytes_and_back() {
    let site = Site::new(PAGES);
    site.build_clean(&[]);
    fs::remove_file(site.path("static/s/t.txt")).unwrap();
    site.write("content/t.md", "---\nurl: /s/t.txt\n---\n");
    assert_as_clean(&site, "a page in its place");
    fs::remove_file(site.path("content/t.md")).unwrap();
    site.write("static/s/t.txt", "static");
    assert_as_clean(&site, "the file again");
}

#[test]
fn files_of_other_people_stay() {
    let site = Site::new(PAGES);
    site.write("public/.git/HEAD", "ref");
    site.write("public/docs/mine.txt", "mine");
    site.write("public/CNAME", "x.org");
    site.build_clean(&[]);
    fs::remove_dir_all(site.path("content/docs")).unwrap();
    site.build_clean(&[]);
    for file in [".git/HEAD", "docs/mine.txt", "CNAME"] {
        assert!(site.path("public").join(file).exists(), "{file}");
    }
    assert!(!site.path("public/docs/b").exists());
}

/// When each file of the output was last written, and which file it is on the disk.
#[cfg(unix)]
fn stamps(site: &Site) -> Vec<(String, i64, i64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let stamp = |path: String| {
        let found = fs::metadata(site.path("public").join(&path)).unwrap();
        (path, found.mtime(), found.mtime_nsec(), found.ino())
    };
    site.output().into_keys().map(stamp).collect()
}

#[cfg(unix)]
#[test]
fn equal_files_are_not_touched() {
    let site = Site::new(PAGES);
    site.write("static/large.bin", vec![3; 3 << 20]);
    site.build_clean(&[]);
    let before = stamps(&site);
    std::thread::sleep(Duration::from_millis(20));
    let messages = site.build_clean(&["-j", "16"]).messages();
    assert_eq!(stamps(&site), before);
    let outputs = &messages.last().unwrap()["outputs"];
    assert_eq!((&outputs["written"], &outputs["removed"]), (&0.into(), &0.into()));
    assert_eq!(outputs["unchanged"], before.len());
    site.write("content/docs/b.md", "---\ntitle: B\n---\nNew.\n");
    site.build_clean(&[]);
    let after = stamps(&site);
    let touched = before.iter().zip(&after).filter(|(a, b)| a != b).map(|(a, _)| a.0.as_str());
    assert_eq!(touched.collect::<Vec<_>>(), ["docs/b/index.html"]);
}

#[test]
fn what_was_changed_by_hand_is_put_right() {
    let site = Site::new(PAGES);
    site.build_clean(&[]);
    let before = site.output();
    site.write("public/a/index.html", "edited");
    fs::remove_file(site.path("public/docs/b/index.html")).unwrap();
    site.build_clean(&[]);
    assert_eq!(differences(&before, &site.output()), [""; 0]);
}

#[test]
fn two_output_directories_do_not_disturb_each_other() {
    let site = Site::new(PAGES);
    let other = site.parent().join("other");
    site.build_clean(&[]);
    fs::remove_file(site.path("content/a.md")).unwrap();
    site.write("content/docs/b.md", "---\ntitle: B\n---\n");
    site.build_clean(&["-o", other.to_str().unwrap()]);
    assert!(site.path("public/a/index.html").exists());
    assert!(!other.join("a").exists());
    site.build_clean(&[]);
    assert_eq!(differences(&tree(&other), &site.output()), [""; 0]);
}

#[test]
fn a_second_build_waits_for_the_first_and_says_so() {
    let site = Site::new(PAGES);
    site.write(".bengal/lock", "");
    let lock = fs::File::create(site.path(".bengal/lock")).unwrap();
    lock.lock().unwrap();
    let mut command = bengal();
    command.arg("build").arg(site.root()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut waiting = command.spawn().unwrap();
    let mut said = String::new();
    let mut stderr = BufReader::new(waiting.stderr.take().unwrap());
    stderr.read_line(&mut said).unwrap();
    assert!(said.contains("waiting"), "{said}");
    std::thread::sleep(Duration::from_millis(100));
    assert!(waiting.try_wait().unwrap().is_none() && !site.path("public/index.html").exists());
    drop(lock);
    assert_eq!(waiting.wait().unwrap().code(), Some(0));
    assert!(site.path("public/index.html").exists());
}

#[test]
fn builds_at_the_same_time_come_to_the_same() {
    let site = Site::new(PAGES);
    let start = |_| bengal().arg("build").arg("-q").arg(site.root()).stderr(Stdio::null()).spawn();
    let running: Vec<_> = (0..6).map(start).collect();
    for child in running {
        assert_eq!(child.unwrap().wait().unwrap().code(), Some(0));
    }
    assert_as_clean(&site, "six builds at once");
}

#[test]
fn where_nothing_can_be_kept_a_temporary_folder_serves() {
    let site = Site::new(PAGES);
    site.write(".bengal", "a file of somebody else");
    let run = site.build(&[]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    run.expect(&["warning[store-fallback]", ".bengal"]);
    assert_eq!(run.diagnostics().len(), 1);
    assert_eq!(fs::read(site.path(".bengal")).unwrap(), b"a file of somebody else");
    fs::remove_file(site.path(".bengal")).unwrap();
    assert_as_clean(&site, "the folder can be made");
}

#[test]
fn what_is_kept_of_earlier_builds_may_be_lost_or_damaged() {
    let site = Site::new(PAGES);
    site.build_clean(&[]);
    let output = site.output();
    for entry in fs::read_dir(site.path(".bengal")).unwrap().map(Result::unwrap) {
        fs::write(entry.path(), b"../../victim\0\xff\xfe garbage\0").unwrap();
    }
    fs::write(site.parent().join("victim"), b"mine").unwrap();
    assert!(site.build(&[]).code < Some(2));
    assert_eq!(differences(&output, &site.output()), [""; 0]);
    fs::remove_dir_all(site.path(".bengal")).unwrap();
    site.build_clean(&[]);
    assert_eq!(differences(&output, &site.output()), [""; 0]);
    assert!(site.parent().join("victim").exists());
}

#[test]
fn nothing_is_left_beside_the_output() {
    let site = Site::new(PAGES);
    site.build_clean(&[]);
    let kept: Vec<_> = tree(&site.path(".bengal")).into_keys().collect();
    let known = ["bodies-", "made-", "outputs-", "pages", "lock"];
    let is_known = |name: &String| known.iter().any(|known| name.starts_with(known));
    assert!(kept.len() == known.len() && kept.iter().all(is_known), "{kept:?}");
    assert!(!site.path("public/.bengal-tmp").exists());
    assert_eq!(fs::read_dir(site.parent()).unwrap().count(), 1);
}

#[test]
fn languages_of_code_are_read_when_there_is_some_and_once_for_many_builds() {
    let site = Site::bare(PAGES);
    let options = BuildOptions { site: site.root(), ..BuildOptions::default() };
    let build = || {
        let listener = Listener { progress: &Progress::default(), waiting: &|| () };
        build(&options.clone(), &listener).unwrap();
    };
    build();
    assert!(!options.languages.are_read());
    site.write("content/c.md", "```rust\nlet x;\n```\n");
    build();
    assert!(options.languages.are_read());
    let code = site.read("c/index.html");
    build();
    assert!(code.contains("<span class=\"kt\">let</span> x;"), "{code}");
    assert_eq!(site.read("c/index.html"), code);
}
