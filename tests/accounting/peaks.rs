//! Peaks, as the referee's log has them.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use bengal::memory::FOLD_BYTES;

use crate::chain::{Each, Source, number, run};
use crate::referee::Change;

/// A seeded sequence of sizes: most small, some large.
fn size(of: usize) -> usize {
    let mixed = (of as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23);
    let size = usize::try_from(mixed % 3_000).unwrap();
    if mixed.is_multiple_of(17) { 300 * size } else { size }
}

/// The highest point of the changes' sum, of those that `counts`.
fn highest(changes: &[Change], counts: impl Fn(usize) -> bool) -> i64 {
    let (mut held, mut highest) = (0, 0);
    for (_, bytes) in changes.iter().filter(|(thread, _)| counts(*thread)) {
        held += bytes;
        highest = highest.max(held);
    }
    highest
}

#[test]
fn peaks_are_what_the_referee_saw_within_the_folds() {
    const JOBS: usize = 3;
    // Few items and light: the batches that go from stage to stage, which the log does not show, are
    // of some kilobytes all together.
    const ITEMS: usize = 40;
    const BATCHES: i64 = 64 * 1024;
    let steps = AtomicU64::new(0);
    let works = |given: &bengal::pipeline::Item| {
        let mut held = Vec::with_capacity(200);
        for step in 0..200 {
            steps.fetch_add(1, SeqCst);
            held.push(vec![0_u8; size(1_000 * number(given) + step)]);
            if step % 3 == 0 {
                held.swap_remove(step / 3);
            }
        }
        std::hint::black_box(held);
    };
    let first = Each::new("first", |given, out| {
        works(&given);
        out.emit(given)
    });
    let last = Each::new("last", |given, _| {
        works(&given);
        Ok(())
    });
    let counted = run(Source { items: ITEMS, bytes: 0 }, &[&first, &last], JOBS);
    assert_eq!(steps.load(SeqCst), 2 * 200 * ITEMS as u64);
    for stage in [&first, &last] {
        let threads = stage.threads.lock().unwrap();
        let seen = highest(&counted.changes, |thread| threads.contains(&thread));
        let told = counted.memory(stage.name).peak_bytes;
        let bound = FOLD_BYTES * JOBS as i64 + BATCHES;
        assert!(seen > 10 * bound, "the test is about more than {seen}");
        assert!(seen.abs_diff(told) <= bound.unsigned_abs(), "{}: {seen} {told}", stage.name);
    }
    // All threads: the source's, the workers', this one and those of other tests that begin.
    let before = counted.books.process.heap_bytes - sum_until_report(&counted.changes);
    let seen = before + highest(&counted.changes, |_| true);
    let bound = FOLD_BYTES * (2 * JOBS as i64 + 2 + 8) + BATCHES;
    let told = counted.books.process.peak_bytes;
    assert!(seen.abs_diff(told) <= bound.unsigned_abs(), "the process: {seen} {told}");
}

/// What all threads hold more at the end of the log, which is some moments after the figures were taken.
fn sum_until_report(changes: &[Change]) -> i64 {
    changes.iter().map(|(_, bytes)| bytes).sum()
}
