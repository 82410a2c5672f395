//! Builds that are killed: what they leave, and what the next one makes of it.
//!
//! **Invariant:** under its final name a file is whole or not there, whenever the build died.

use std::fmt::Write;
use std::time::{Duration, Instant};

use crate::support::{Site, bengal, differences, tree};

const PAGES: usize = 1_200;

fn site() -> Site {
    let site =
        Site::new(&[("templates/page.liquid", "page {{ page.title }}\n{{ page.content }}\n")]);
    let mut text = String::new();
    for number in 0..PAGES {
        text.clear();
        write!(text, "---\ntitle: Page {number}\ntags: [t{}]\n---\n", number % 20).unwrap();
        for line in 0..number % 40 {
            writeln!(text, "Line {line} of page *{number}*.\n").unwrap();
        }
        site.write(&format!("content/s{}/p{number}.md", number % 9), &text);
    }
    site
}

#[test]
fn a_build_that_is_killed_leaves_whole_files_and_the_next_is_right() {
    let site = site();
    let begun = Instant::now();
    site.build_clean(&[]);
    let whole = begun.elapsed();
    let finished = site.output();
    let mut partial = 0;
    for step in 0..18 {
        std::fs::remove_dir_all(site.path("public")).ok();
        partial += usize::from(kill_after(&site, whole * step / 17) != Some(0));
        assert_whole(&site, &finished);
        if step % 6 == 5 {
            rebuild(&site, &finished);
        }
    }
    assert!(partial > 2, "only {partial} builds were killed in their midst");
    rebuild(&site, &finished);
}

/// Starts a build and kills it; gives its exit code when it was done before.
fn kill_after(site: &Site, delay: Duration) -> Option<i32> {
    let mut child = bengal().args(["build", "-q"]).arg(site.root()).spawn().unwrap();
    std::thread::sleep(delay);
    child.kill().unwrap();
    child.wait().unwrap().code()
}

/// Asserts that every file in the output is one of `finished`, whole.
fn assert_whole(site: &Site, finished: &crate::support::Tree) {
    for (path, bytes) in site.output() {
        let unfinished = path.starts_with(".bengal-tmp/");
        let empty_folder = path.ends_with('/');
        assert!(
            unfinished || empty_folder || finished.get(&path) == Some(&bytes),
            "{path} is half written"
        );
    }
}

fn rebuild(site: &Site, finished: &crate::support::Tree) {
    site.build_clean(&[]);
    assert_eq!(differences(finished, &site.output()), [""; 0]);
    assert!(!site.path("public/.bengal-tmp").exists());
    let kept: Vec<_> = tree(&site.path(".bengal")).into_keys().collect();
    let bodies = kept.iter().filter(|name| name.starts_with("bodies-"));
    assert_eq!(bodies.count(), 1, "{kept:?}");
    assert!(!kept.iter().any(|name| name.ends_with(".new")), "{kept:?}");
}

/// What a killed build wrote belongs to bengal, so it goes when its page does.
#[test]
fn outputs_of_a_killed_build_are_removed_when_their_pages_go() {
    let site = site();
    let begun = Instant::now();
    site.build_clean(&[]);
    let whole = begun.elapsed();
    for step in [4, 6, 8] {
        std::fs::remove_dir_all(site.path("public")).ok();
        std::fs::remove_dir_all(site.path(".bengal")).ok();
        kill_after(&site, whole * step / 9);
        let moved = site.path("content/s8");
        let aside = site.parent().join("aside");
        std::fs::rename(&moved, &aside).unwrap();
        site.build_clean(&[]);
        let left: Vec<_> =
            site.output().into_keys().filter(|path| path.starts_with("s8")).collect();
        std::fs::rename(&aside, &moved).unwrap();
        assert_eq!(left, [""; 0], "killed after {step}/9 of its time");
    }
}
