//! Figures that are exact.

use std::sync::Arc;

use bengal::memory;
use bengal::pipeline::item::{Label, Output};
use bengal::pipeline::{Item, Outbox, StageError};
use proptest::prelude::*;

use crate::chain::{Counted, Each, Source, item, number, run};

/// What jemalloc gives for 10,000 bytes.
const CLASS_OF_10_000: i64 = 10_240;

fn pass(item: Item, out: &mut Outbox<'_>) -> Result<(), StageError> {
    out.emit(item)
}

fn take(_: Item, _: &mut Outbox<'_>) -> Result<(), StageError> {
    Ok(())
}

/// Fails unless the rows sum to the process, and each row to itself.
fn adds_up(counted: &Counted) {
    let (books, process) = (&counted.books, counted.books.process);
    let rows = || books.stages.iter().chain([&books.outside]);
    assert_eq!(rows().map(|row| row.allocated_bytes).sum::<u64>(), process.allocated_bytes);
    assert_eq!(rows().map(|row| row.freed_bytes).sum::<u64>(), process.freed_bytes);
    assert_eq!(rows().map(|row| row.allocations).sum::<u64>(), process.allocations);
    assert_eq!(rows().map(|row| row.heap_bytes).sum::<i64>(), process.heap_bytes);
    let at_peak = rows().map(|row| row.at_process_peak_bytes).sum::<i64>();
    assert_eq!(at_peak, process.peak_bytes);
    assert_eq!(
        rows().map(|row| row.sent_bytes).sum::<i64>(),
        rows().map(|row| row.received_bytes).sum::<i64>()
    );
    for row in &books.stages {
        // The heap is what the allocator folded, the others are jemalloc's counters.
        let own = row.allocated_bytes.cast_signed() - row.freed_bytes.cast_signed();
        assert_eq!(row.heap_bytes, own - row.sent_bytes + row.received_bytes, "{row:?}");
        assert!(row.peak_bytes >= row.heap_bytes, "{row:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_rows_of_any_chain_add_up(
        items in 0_usize..600,
        bytes in 0_usize..40_000,
        jobs in 1_usize..5,
        kinds in prop::collection::vec(0_usize..6, 0..5),
    ) {
        const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];
        let act = |kind: usize| move |given: Item, out: &mut Outbox<'_>| match kind {
            0 => out.emit(given),
            1 => {
                let number = number(&given);
                out.emit(given)?;
                out.emit(item(number, 3 * number))
            }
            2 if number(&given).is_multiple_of(3) => Ok(()),
            3 => {
                drop(vec![0_u8; 100_000]);
                out.emit(given)?;
                drop(vec![0_u8; 7]);
                Ok(())
            }
            4 => {
                memory::kept(|| std::mem::forget(vec![0_u8; 1_000]));
                out.emit(given)
            }
            _ => {
                std::mem::forget(vec![0_u8; number(&given)]);
                out.emit(given)
            }
        };
        let stages: Vec<_> =
            kinds.iter().zip(NAMES).map(|(kind, name)| Each::new(name, act(*kind))).collect();
        let counted = run(Source { items, bytes }, &stages.iter().collect::<Vec<_>>(), jobs);
        adds_up(&counted);
    }
}

#[test]
fn what_a_stage_keeps_of_each_item_is_seen_to_the_byte() {
    const ITEMS: i64 = 500;
    let keeps = Each::new("keeps", |given, out| {
        memory::kept(|| std::mem::forget(vec![0_u8; 10_000]));
        out.emit(given)
    });
    let last = Each::new("last", |_, _| {
        std::mem::forget(vec![0_u8; 10_000]);
        Ok(())
    });
    for jobs in [1, 4] {
        let counted = run(Source { items: 500, bytes: 3_000 }, &[&keeps, &last], jobs);
        adds_up(&counted);
        assert_eq!(counted.memory("keeps").heap_bytes, CLASS_OF_10_000 * ITEMS);
        assert_eq!(held_at_the_end(&counted, "last"), CLASS_OF_10_000 * ITEMS);
    }
}

/// What a stage at the chain's end holds. What a barrier makes before it first emits is its own: of
/// [`Source`] that is the first item, which the last stage frees.
fn held_at_the_end(counted: &Counted, stage: &str) -> i64 {
    counted.memory(stage).heap_bytes + counted.memory("source").heap_bytes
}

#[test]
fn what_a_stage_does_not_say_that_it_keeps_goes_with_its_items() {
    let keeps = Each::new("keeps", |given, out| {
        std::mem::forget(vec![0_u8; 10_000]);
        out.emit(given)
    });
    let counted = run(Source { items: 100, bytes: 0 }, &[&keeps, &Each::new("last", take)], 2);
    assert_eq!(counted.memory("keeps").heap_bytes, 0);
    assert_eq!(held_at_the_end(&counted, "last"), CLASS_OF_10_000 * 100);
}

#[test]
fn stages_that_only_hand_on_hold_nothing_at_the_end() {
    let (first, second) = (Each::new("first", pass), Each::new("second", pass));
    let last = Each::new("last", take);
    for (items, bytes, jobs) in [(0, 0, 1), (1, 9, 1), (1_000, 5_000, 1), (3_000, 100, 4)] {
        let counted = run(Source { items, bytes }, &[&first, &second, &last], jobs);
        adds_up(&counted);
        for stage in ["first", "second"] {
            assert_eq!(counted.memory(stage).heap_bytes, 0, "{stage} of {items}");
        }
        assert_eq!(held_at_the_end(&counted, "last"), 0, "{items} items");
        let last = counted.memory("last");
        assert_eq!(last.sent_bytes, 0);
        assert!(items < 1_000 || last.received_bytes > (items * bytes) as i64);
    }
}

#[test]
fn what_a_call_frees_after_it_has_emitted_is_not_the_stages() {
    let makes = Each::new("makes", |given, out| {
        let temporary = vec![0_u8; 50_000];
        let made = item(number(&given), 100);
        out.emit(made)?;
        drop((given, temporary));
        Ok(())
    });
    let counted = run(Source { items: 300, bytes: 2_000 }, &[&makes, &Each::new("last", take)], 2);
    adds_up(&counted);
    assert_eq!(counted.memory("makes").heap_bytes, 0);
}

#[test]
fn a_moments_allocation_shows_with_its_item() {
    let spikes = Each::new("spikes", |given, out| {
        if number(&given) == 77 {
            drop(std::hint::black_box(vec![0_u8; 10_000]));
        }
        out.emit(given)
    });
    // The sink frees what it gets, and takes as much as one item's.
    let last = Each::new("last", |given, _| {
        let number = number(&given);
        drop(given);
        drop(std::hint::black_box(vec![0_u8; if number == 5 { 200 } else { 1 }]));
        Ok(())
    });
    for jobs in [1, 3] {
        let counted = run(Source { items: 300, bytes: 100 }, &[&spikes, &last], jobs);
        let spikes = &counted.run.stages[1];
        assert_eq!(spikes.item_peak_bytes, Some(CLASS_OF_10_000));
        assert_eq!(spikes.item_peak_label, Some(Label::Path("item 77".into())));
    }
}

#[test]
fn what_the_chain_itself_does_in_a_call_is_not_the_items() {
    // So many emissions that batches are filled, allocated and sent in the middle of a call.
    let path: Arc<str> = Arc::from("light");
    let many = Each::new("many", |given, out| {
        let once = std::hint::black_box(vec![0_u8; 10_000]);
        drop(once);
        (0..1_000).try_for_each(|_| {
            out.emit(Item::Output(Output {
                path: Arc::clone(&path),
                bytes: Vec::new(),
                page: None,
                made_of: None,
            }))
        })?;
        drop(given);
        Ok(())
    });
    let counted = run(Source { items: 1, bytes: 0 }, &[&many, &Each::new("last", take)], 1);
    adds_up(&counted);
    assert_eq!(counted.run.stages[1].item_peak_bytes, Some(CLASS_OF_10_000));
}
