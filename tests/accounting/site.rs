//! Whose memory it is that outlives a page, in builds of sites.

use std::fs;

use bengal::build::{BuildOptions, BuildReport, Listener, build};
use bengal::memory::Memory;
use bengal::pipeline::runner::Progress;

use crate::referee::{self, Change};

const PAGES: usize = 60;

/// Builds a site of pages that `layout` renders, with one worker.
fn built(layout: &str) -> BuildReport {
    logged(layout).0
}

/// The same, with every change that the referee saw.
fn logged(layout: &str) -> (BuildReport, Vec<Change>) {
    let site = tempfile::tempdir().unwrap();
    for folder in ["content", "templates"] {
        fs::create_dir(site.path().join(folder)).unwrap();
    }
    for number in 0..PAGES {
        let page = format!("---\ntitle: Page {number}\n---\nText.\n");
        fs::write(site.path().join(format!("content/{number}.md")), page).unwrap();
    }
    fs::write(site.path().join("templates/page.liquid"), layout).unwrap();
    let base = site.path().join("templates/base.liquid");
    fs::write(base, "{{ content | size }}\n").unwrap();
    for other in ["home", "section", "404", "taxonomy", "term"] {
        fs::write(site.path().join(format!("templates/{other}.liquid")), "\n").unwrap();
    }
    let options =
        BuildOptions { site: site.path().to_owned(), jobs: Some(1), ..BuildOptions::default() };
    let listener = Listener { progress: &Progress::default(), waiting: &|| () };
    let (report, changes) = referee::logged(|| build(&options, &listener).unwrap());
    assert_eq!((report.exit_code(), report.pages), (0, PAGES + 2));
    assert!(site.path().join(".bengal-metrics/history.jsonl").exists());
    (report, changes)
}

fn memory(report: &BuildReport, stage: &str) -> Memory {
    report.stages.iter().find(|own| own.name == stage).unwrap().memory.unwrap()
}

/// How many bytes more the second of two builds holds in render, and in write.
fn more(before: &BuildReport, after: &BuildReport) -> [i64; 2] {
    ["render", "write"]
        .map(|stage| memory(after, stage).heap_bytes - memory(before, stage).heap_bytes)
}

#[test]
fn what_is_remembered_of_the_site_is_renders() {
    // Of each page it is another list, of all others.
    let of =
        |name: &str| format!("{{% assign l = site.pages | where_exp: 'p', 'p.title != {name}' %}}");
    let forgotten = built(&format!("{}{{{{ l | size }}}}", of("nothing")));
    let remembered = built(&format!("{}{{{{ l | size }}}}", of("page.title")));
    let [render, write] = more(&forgotten, &remembered);
    let entries = (PAGES * PAGES * size_of::<usize>()) as i64;
    assert!(render > entries, "{render} of {entries}");
    assert!(write.abs() < entries / 10, "{write} of {entries}");
}

#[test]
fn the_buffers_that_render_uses_again_are_renders() {
    // What a layout wraps is rendered into one of them.
    let page = |length: usize| {
        let text = "x".repeat(length);
        built(&format!("---\nlayout: base\n---\n{text}"))
    };
    let [render, write] = more(&page(100), &page(1_000_000));
    // Both let all of it go.
    assert!(render.abs() < 20_000 && write.abs() < 20_000, "{render} {write}");
}

#[test]
fn the_record_takes_less_than_two_megabytes() {
    let (_, changes) = logged("{{ page.title }}");
    let own = referee::thread();
    let own: Vec<_> =
        changes.iter().enumerate().filter(|(_, (thread, _))| *thread == own).collect();
    // While the stages ran this thread waited. Behind that are the report, the record, and the keeping of it.
    let waited = |index: &usize| own[*index].0 - own[*index - 1].0;
    let end = (1..own.len()).max_by_key(waited).unwrap();
    let mut live = 0;
    let heights = own[end..].iter().map(|(_, (_, change))| {
        live += change;
        live
    });
    let peak = heights.max().unwrap();
    assert!((10_000..2_000_000).contains(&peak), "{peak}");
}
