//! What a plugin's library allocates, counted in its stage.

use bengal::build::{BuildOptions, BuildReport, Listener, build};
use bengal::memory::Memory;
use bengal::pipeline::runner::Progress;

use crate::libraries::library;
use crate::referee::{self, Seen};

/// Told by the plugin when it begins to allocate, and when it ends.
extern "C" fn witness(begins: bool) {
    referee::within(begins);
}

/// Builds a site of 200 pages with a stage that does `fault`, and a second one.
fn built(fault: &str, jobs: usize) -> (BuildReport, Seen) {
    let folder = tempfile::tempdir().unwrap();
    let content = folder.path().join("content");
    std::fs::create_dir(&content).unwrap();
    for number in 0..200 {
        std::fs::write(content.join(format!("{number}.md")), "Text.\n").unwrap();
    }
    let address = (witness as extern "C" fn(bool) as *const ()).expose_provenance();
    let option = |option: String| option.parse().unwrap();
    let options = BuildOptions {
        site: folder.path().to_owned(),
        jobs: Some(jobs),
        plugins: vec![library("misbehaving"), library("word-goal")],
        plugin_options: vec![
            option(format!("misbehaving.fault={fault}")),
            option(format!("misbehaving.witness={address}")),
        ],
        ..BuildOptions::default()
    };
    let listener = Listener { progress: &Progress::default(), waiting: &|| () };
    let (report, _) = referee::logged(|| build(&options, &listener).unwrap());
    assert_eq!((report.exit_code(), report.failure.as_deref()), (0, None));
    (report, referee::take_within())
}

fn memory(report: &BuildReport, stage: &str) -> Memory {
    let found = report.stages.iter().find(|report| report.name == stage);
    found.unwrap().memory.unwrap()
}

#[test]
fn what_a_plugin_allocates_is_counted_in_its_stage_to_the_byte() {
    // The same but for what the plugin allocates.
    let (without, nothing) = built("ask", 1);
    assert_eq!(nothing, Seen::default());
    let (with, seen) = built("allocate", 1);
    assert!(seen.allocations > 5 * 200 && seen.freed > 0, "{seen:?}");
    let (before, after) = (memory(&without, "misbehaving"), memory(&with, "misbehaving"));
    let more = Seen {
        allocated: after.allocated_bytes - before.allocated_bytes,
        freed: after.freed_bytes - before.freed_bytes,
        allocations: after.allocations - before.allocations,
    };
    assert_eq!(more, seen);
    for next in ["word-goal", "taxonomy"] {
        let (before, after) = (memory(&without, next), memory(&with, next));
        assert_eq!(after.received_bytes, before.received_bytes, "{next} was handed what is kept");
    }
}

#[test]
fn what_a_plugin_keeps_is_held_by_its_stage_to_the_byte() {
    // With several workers there are more batches or fewer, which count besides, but are held by none.
    for jobs in [1, 4] {
        let (without, _) = built("ask", jobs);
        let (with, seen) = built("allocate", jobs);
        let kept = seen.allocated.cast_signed() - seen.freed.cast_signed();
        let held = |report| memory(report, "misbehaving").heap_bytes;
        assert!(kept > 200 * 10_000);
        assert_eq!(held(&with) - held(&without), kept, "with {jobs} workers");
    }
}
