//! The memory figures of builds by the binary, which has the allocator that counts.
//!
//! **Invariant:** nothing here compares a size with a number written down: what is compared are sums,
//! and names. Figures to the byte are in `tests/accounting`.

#![cfg(not(windows))]

use bengal::build::{BuildOptions, Listener, build};
use bengal::pipeline::runner::Progress;
use proptest::prelude::*;
use serde_json::Value;

use crate::generator::{Random, sites};
use crate::support::{Site, bengal, run};

const FIGURES: [&str; 8] = [
    "allocated_bytes",
    "freed_bytes",
    "allocations",
    "sent_bytes",
    "received_bytes",
    "heap_bytes",
    "peak_bytes",
    "at_process_peak_bytes",
];

/// The `build-finished` message of a build.
fn finished(site: &Site, arguments: &[&str]) -> Value {
    site.build(arguments).messages().pop().unwrap()
}

/// A figure of each stage, and of `outside`.
fn rows(finished: &Value, figure: &str) -> Vec<i64> {
    let rows = finished["stages"].as_array().unwrap().iter().chain([&finished["outside"]]);
    rows.map(|row| row[figure].as_i64().unwrap_or_else(|| panic!("no {figure} in {row}"))).collect()
}

fn sum(finished: &Value, figure: &str) -> i64 {
    rows(finished, figure).iter().sum()
}

/// Fails unless the rows sum to the process.
fn adds_up(finished: &Value) {
    for figure in FIGURES {
        let of_process = match figure {
            "sent_bytes" => sum(finished, "received_bytes"),
            "received_bytes" => sum(finished, "sent_bytes"),
            // Stages peak at different moments.
            "peak_bytes" => continue,
            "at_process_peak_bytes" => finished["peak_bytes"].as_i64().unwrap(),
            figure => finished[figure].as_i64().unwrap(),
        };
        assert_eq!(sum(finished, figure), of_process, "{figure} in {finished:#}");
    }
    let columns = FIGURES.map(|figure| rows(finished, figure));
    let [allocated, freed, _, sent, received, heap, peak, at_peak] = &columns;
    for row in 0..heap.len() {
        assert_eq!(heap[row], allocated[row] - freed[row] - sent[row] + received[row], "{row}");
        assert!(peak[row] >= at_peak[row].min(heap[row]), "{row}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_rows_of_any_build_add_up(site in sites(), jobs in 1_u8..4) {
        let Random { files, .. } = &site;
        let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let finished = finished(&Site::bare(&files), &["-j", &jobs.to_string()]);
        // What a wrong configuration refuses has no figures.
        if finished["exit_code"] != 2 {
            adds_up(&finished);
        }
    }
}

#[test]
fn the_page_that_took_most_is_named_in_each_stage_that_it_came_through() {
    let site = Site::new(&[
        ("content/small.md", "---\ntitle: Small\n---\nText.\n"),
        (
            "content/a/large.md",
            &format!("---\ntitle: Large\n---\n{}", "Word *and* word.\n\n".repeat(20_000)),
        ),
    ]);
    let finished = finished(&site, &["-j", "2"]);
    adds_up(&finished);
    let stages = finished["stages"].as_array().unwrap();
    for stage in [1, 3] {
        assert_eq!(stages[stage]["item_peak_page"], "content/a/large.md", "{:#}", stages[stage]);
        // It takes its HTML at least.
        let bytes = stages[stage]["item_peak_bytes"].as_i64().unwrap();
        assert!(bytes > 20_000 * 20, "{bytes}");
    }
}

#[test]
fn what_waits_at_the_barrier_is_held_by_it() {
    let page = |number: usize| {
        let tags: Vec<_> = (0..100).map(|tag| format!("tag-{number}-{tag}")).collect();
        (format!("content/{number}.md"), format!("---\ntags: [{}]\n---\nText.\n", tags.join(", ")))
    };
    let pages: Vec<_> = (0..50).map(page).collect();
    let files: Vec<_> = pages.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let finished = finished(&Site::new(&files), &[]);
    adds_up(&finished);
    let heap = rows(&finished, "heap_bytes");
    // 5,000 tags, of which parse made the texts.
    assert!(heap[2] > 5_000 * 20, "{heap:?}");
    assert!(heap[2] > 10 * heap[1].abs(), "{heap:?}");
}

#[test]
fn what_was_made_for_a_page_and_is_let_go_is_nobodys() {
    let layout = "{{ page.tags | join: ' ' }} {{ page.taxonomies.tags.first.url }} {{ page.permalink }} \
                  {{ page.summary }} {{ page.toc | size }} {{ page.previous.tags }} {{ content }}";
    let held = |pages: usize| {
        let site = Site::new(&[("templates/page.liquid", layout)]);
        for number in 0..pages {
            let page = "---\ntags: [a, b, c]\n---\n## Heading\n\nSome text.\n";
            site.write(&format!("content/{number}.md"), page);
        }
        let finished = finished(&site, &["-j", "1"]);
        adds_up(&finished);
        rows(&finished, "heap_bytes")
    };
    let (few, many) = (held(100), held(1_100));
    let more: Vec<_> = many.iter().zip(&few).map(|(many, few)| many - few).collect();
    // Discover holds nothing of a page; parse where its record is; write its path, and what it was made
    // of, both for the next build.
    assert!(more[0].abs() < 20_000, "{more:?}");
    assert!((80_000..200_000).contains(&more[1]), "{more:?}");
    assert!((200_000..600_000).contains(&more[4]), "{more:?}");
}

#[test]
fn time_and_jemallocs_own_figures_are_there() {
    let finished = finished(&Site::new(&[("content/a.md", "Text.\n")]), &[]);
    let stages = finished["stages"].as_array().unwrap();
    for of in stages.iter().chain([&finished]) {
        for figure in ["allocated", "active", "resident", "retained"] {
            // How they stand to each other is jemalloc's business: threads go on while it reads them.
            assert!(
                of["jemalloc"][figure].as_u64().is_some_and(|bytes| bytes > 0)
                    || figure == "retained",
                "{of:#}"
            );
        }
    }
    let cpu: f64 = stages.iter().map(|stage| stage["cpu_ms"].as_f64().unwrap()).sum();
    assert!(cpu > 0.0, "{finished:#}");
    // The clocks of threads and of the process are not read at one moment.
    assert!(finished["cpu_time_ms"].as_f64().unwrap() > cpu / 2.0, "{finished:#}");
}

#[test]
fn people_are_told_the_peak_and_with_verbose_who_held_it() {
    let site = Site::new(&[("content/a.md", "Text.\n"), ("content/b.md", "Text.\n")]);
    let told = run(bengal().arg("build").arg(site.root()).arg("-v")).stdout;
    let summary = told.lines().last().unwrap();
    let (_, peak) = summary.split_once(", peak heap ").unwrap();
    assert!(peak.ends_with(" MiB") && !peak.contains(','), "{summary}");
    let mut rows = told.lines().skip_while(|line| !line.starts_with("MiB"));
    let head = rows.next().unwrap();
    let end = head.find("at peak").unwrap() + "at peak".len();
    for name in ["discover", "parse", "taxonomy", "render", "write", "outside", "all"] {
        let row = rows.next().unwrap();
        assert!(row.starts_with(name), "{name} is not in {row}");
        assert!(row.as_bytes()[end - 1].is_ascii_digit(), "{row}\n{head}");
        assert!(row.as_bytes().get(end).is_none_or(|next| *next == b' '), "{row}\n{head}");
        assert_eq!(row, row.trim_end());
    }
}

#[test]
fn a_program_with_another_allocator_builds_without_figures() {
    let site = Site::new(&[("content/a.md", "Text.\n")]);
    let options = BuildOptions { site: site.root(), ..BuildOptions::default() };
    let listener = Listener { progress: &Progress::default(), waiting: &|| () };
    let report = build(&options, &listener).unwrap();
    assert_eq!(report.exit_code(), 0);
    assert_eq!(report.memory, None);
    for stage in &report.stages {
        assert_eq!((stage.memory, stage.item_peak_bytes), (None, None), "{stage:?}");
        assert!(stage.items_in + stage.items_out > 0 && stage.cpu_ms.is_some(), "{stage:?}");
    }
}
