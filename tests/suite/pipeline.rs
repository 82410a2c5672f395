//! The runner, with stages made for the test: they count, wait, fail and panic.
//!
//! **Invariant:** every number here is exact, or bounded by the runner's documented constants.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use bengal::pipeline::item::{Label, Output};
use bengal::pipeline::registry::Registry;
use bengal::pipeline::runner::{self, BATCHES_PER_WORKER, Progress, Run};
use bengal::pipeline::stage::{BATCH_BYTES, BATCH_ITEMS};
use bengal::pipeline::{Barrier, Item, Outbox, PerItem, Slot, Stage, StageError, Work};
use crossbeam_channel::{Receiver, bounded};

/// Emits `items` items of `bytes` bytes.
struct Source<'c> {
    items: usize,
    bytes: usize,
    /// Items that it began to emit.
    begun: &'c AtomicUsize,
}

impl Stage for Source<'_> {
    fn name(&self) -> &str {
        "source"
    }

    fn slot(&self) -> Slot {
        Slot::Chain
    }

    fn start(&self) -> Work<'_> {
        Work::Barrier(Box::new(Emit(self)))
    }
}

struct Emit<'s>(&'s Source<'s>);

impl Barrier for Emit<'_> {
    fn process(
        &mut self,
        _item: Item,
        _reports: &mut Vec<bengal::diagnostic::Diagnostic>,
    ) -> Result<(), StageError> {
        unreachable!("nothing comes before it")
    }

    fn finish(self: Box<Self>, out: &mut Outbox<'_>) -> Result<(), StageError> {
        for number in 0..self.0.items {
            self.0.begun.fetch_add(1, SeqCst);
            let path = Arc::from(format!("item {number}"));
            out.emit(Item::Output(Output {
                path,
                bytes: vec![0; self.0.bytes],
                page: None,
                made_of: None,
            }))?;
        }
        Ok(())
    }
}

type Act<'c> = dyn Fn(usize, Item, &mut Outbox<'_>) -> Result<(), StageError> + Sync + Send + 'c;

/// Does `act` with each item, told how many came before it.
struct Each<'c> {
    name: &'static str,
    after: &'static str,
    taken: &'c AtomicUsize,
    started: &'c AtomicUsize,
    act: Box<Act<'c>>,
}

impl Stage for Each<'_> {
    fn name(&self) -> &str {
        self.name
    }

    fn slot(&self) -> Slot {
        Slot::After(self.after.to_owned())
    }

    fn start(&self) -> Work<'_> {
        self.started.fetch_add(1, SeqCst);
        Work::PerItem(Box::new(EachWorker(self)))
    }
}

struct EachWorker<'s>(&'s Each<'s>);

impl PerItem for EachWorker<'_> {
    fn process(&mut self, item: Item, out: &mut Outbox<'_>) -> Result<(), StageError> {
        let before = self.0.taken.fetch_add(1, SeqCst);
        (self.0.act)(before, item, out)
    }
}

#[derive(Default)]
struct Counts {
    begun: AtomicUsize,
    middle: AtomicUsize,
    sink: AtomicUsize,
    started: AtomicUsize,
}

impl Counts {
    fn source(&self, items: usize, bytes: usize) -> Box<dyn Stage + '_> {
        Box::new(Source { items, bytes, begun: &self.begun })
    }

    fn middle<'c>(
        &'c self,
        act: impl Fn(usize, Item, &mut Outbox<'_>) -> Result<(), StageError> + Sync + Send + 'c,
    ) -> Box<dyn Stage + 'c> {
        let (taken, started) = (&self.middle, &self.started);
        Box::new(Each { name: "middle", after: "source", taken, started, act: Box::new(act) })
    }

    fn sink<'c>(
        &'c self,
        after: &'static str,
        act: impl Fn(usize, Item, &mut Outbox<'_>) -> Result<(), StageError> + Sync + Send + 'c,
    ) -> Box<dyn Stage + 'c> {
        let (taken, started) = (&self.sink, &self.started);
        Box::new(Each { name: "sink", after, taken, started, act: Box::new(act) })
    }
}

fn run(stages: Vec<Box<dyn Stage + '_>>, jobs: usize) -> Run {
    let mut registry = Registry::default();
    stages.into_iter().for_each(|stage| registry.register(stage));
    runner::run(&registry.into_chain().unwrap(), jobs, &Progress::default())
}

fn drop_it(_: usize, _: Item, _: &mut Outbox<'_>) -> Result<(), StageError> {
    Ok(())
}

fn pass(_: usize, item: Item, out: &mut Outbox<'_>) -> Result<(), StageError> {
    out.emit(item)
}

fn wait_for(gate: &Receiver<()>) {
    // Opened by dropping the sender.
    let _ = gate.recv();
}

#[test]
fn every_item_gets_through_once() {
    for (items, jobs) in
        [(0, 1), (1, 1), (1, 16), (BATCH_ITEMS, 2), (BATCH_ITEMS + 1, 3), (10_000, 4)]
    {
        let counts = Counts::default();
        let seen = std::sync::Mutex::new(std::collections::HashSet::new());
        let note = |_: usize, item: Item, _: &mut Outbox<'_>| {
            let Some(Label::Path(path)) = item.label() else { panic!("it is an output") };
            assert!(seen.lock().unwrap().insert(path), "no item comes twice");
            Ok(())
        };
        let run = run(
            vec![counts.source(items, 1), counts.middle(pass), counts.sink("middle", note)],
            jobs,
        );
        assert!(run.failure.is_none(), "{:?}", run.failure);
        assert_eq!(seen.lock().unwrap().len(), items);
        let figures: Vec<_> = run
            .stages
            .iter()
            .map(|stage| (stage.workers, stage.items_in, stage.items_out))
            .collect();
        let items = items as u64;
        assert_eq!(figures, [(1, 0, items), (jobs, items, items), (jobs, items, 0)]);
        assert_eq!(counts.started.load(SeqCst), 2 * jobs, "each worker is started once");
    }
}

#[test]
fn what_a_stage_drops_and_adds_is_counted() {
    let counts = Counts::default();
    let every_third = |before: usize, item: Item, out: &mut Outbox<'_>| match before % 3 {
        0 => Ok(()),
        1 => out.emit(item),
        _ => {
            out.emit(Item::Output(Output {
                path: Arc::from("more"),
                bytes: Vec::new(),
                page: None,
                made_of: None,
            }))?;
            out.emit(item)
        }
    };
    let run = run(
        vec![counts.source(3_000, 1), counts.middle(every_third), counts.sink("middle", drop_it)],
        4,
    );
    assert_eq!(counts.sink.load(SeqCst), 3_000);
    assert_eq!((run.stages[1].items_in, run.stages[1].items_out), (3_000, 3_000));
}

/// Items in the first `batches` batches, which grow from one item to [`BATCH_ITEMS`].
fn items_in(batches: usize) -> usize {
    (0..batches).map(|number| BATCH_ITEMS.min(1 << number.min(20))).sum()
}

/// Waits until `reached`, for a few seconds at most.
fn wait_until(reached: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if reached() {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Runs a source before a sink that takes one item for each worker and then waits; gives how many
/// items the source began to emit until it stood still.
fn ahead(jobs: usize, bytes: usize, expected: usize) -> usize {
    let counts = Counts::default();
    let (open, gate) = bounded::<()>(0);
    let wait = |_: usize, _: Item, _: &mut Outbox<'_>| {
        wait_for(&gate);
        Ok(())
    };
    std::thread::scope(|scope| {
        let running = scope
            .spawn(|| run(vec![counts.source(20_000, bytes), counts.sink("source", wait)], jobs));
        wait_until(|| counts.begun.load(SeqCst) >= expected);
        std::thread::sleep(Duration::from_millis(100));
        let begun = counts.begun.load(SeqCst);
        drop(open);
        assert!(running.join().unwrap().failure.is_none());
        assert_eq!(counts.sink.load(SeqCst), 20_000, "and then all get through");
        begun
    })
}

#[test]
fn a_slow_sink_holds_the_source_back() {
    for jobs in [1, 2, 8] {
        // One batch in the hands of each worker, a full channel, the batch that waits to be sent, and
        // the item that is to go after it.
        let batches = jobs + jobs * BATCHES_PER_WORKER + 1;
        let expected = items_in(batches) + 1;
        assert_eq!(ahead(jobs, 0, expected), expected, "{jobs} workers");
    }
}

#[test]
fn large_items_wait_one_by_one() {
    // A batch is sent as soon as it holds so many bytes, however few items that are.
    let expected = 1 + BATCHES_PER_WORKER + 1 + 1;
    assert_eq!(ahead(1, BATCH_BYTES, expected), expected);
}

#[test]
fn a_slow_sink_holds_a_long_chain_back() {
    let counts = Counts::default();
    let (open, gate) = bounded::<()>(0);
    let wait = |_: usize, _: Item, _: &mut Outbox<'_>| {
        wait_for(&gate);
        Ok(())
    };
    let jobs = 2;
    // Two full channels; each worker holds a batch and fills or sends another, as does the source,
    // which is at one item more.
    let bound = BATCH_ITEMS * (2 * jobs * BATCHES_PER_WORKER + 2 * 2 * jobs + 1) + 1;
    std::thread::scope(|scope| {
        let chain =
            vec![counts.source(20_000, 0), counts.middle(pass), counts.sink("middle", wait)];
        let running = scope.spawn(|| run(chain, jobs));
        wait_until(|| counts.sink.load(SeqCst) >= jobs);
        std::thread::sleep(Duration::from_millis(200));
        let begun = counts.begun.load(SeqCst);
        assert!(begun <= bound, "{begun} of at most {bound}");
        assert_eq!(counts.sink.load(SeqCst), jobs, "each worker of the sink holds one item");
        drop(open);
        assert!(running.join().unwrap().failure.is_none());
    });
    assert_eq!(counts.sink.load(SeqCst), 20_000);
}

#[test]
fn a_stage_that_fails_cancels_the_build_and_is_named_with_its_item() {
    const MANY: usize = 1_000_000;
    let counts = Counts::default();
    let fail = |before: usize, item: Item, out: &mut Outbox<'_>| match before {
        100 => Err(StageError::Failed("it had enough".to_owned())),
        _ => out.emit(item),
    };
    let chain = vec![counts.source(MANY, 0), counts.middle(fail), counts.sink("middle", drop_it)];
    let failure = run(chain, 8).failure.unwrap();
    assert_eq!((failure.stage.as_str(), failure.message.as_str()), ("middle", "it had enough"));
    let Some(Label::Path(path)) = failure.label else { panic!("it names no item") };
    assert!(path.starts_with("item "), "{path}");
    // How far the other workers come meanwhile is the system's business, but not to the end.
    assert!(counts.begun.load(SeqCst) < MANY, "the source goes on");
}

#[test]
fn with_one_worker_nothing_is_handled_after_the_item_that_a_stage_failed_on() {
    let counts = Counts::default();
    let fail = |before: usize, item: Item, out: &mut Outbox<'_>| match before {
        41 => Err(StageError::Failed("no".to_owned())),
        _ => out.emit(item),
    };
    let chain =
        vec![counts.source(100_000, 0), counts.middle(fail), counts.sink("middle", drop_it)];
    let run = run(chain, 1);
    assert_eq!(run.failure.unwrap().label, Some(Label::Path("item 41".into())));
    assert_eq!(counts.middle.load(SeqCst), 42);
    assert!(counts.sink.load(SeqCst) <= 41);
    // The items that were handled, and what waited: in hand, in the channel, and to be sent.
    let bound = 42 + BATCH_ITEMS * (1 + BATCHES_PER_WORKER + 1) + 1;
    let begun = counts.begun.load(SeqCst);
    assert!(begun <= bound, "{begun} of at most {bound}");
}

#[test]
fn a_panic_is_caught_and_named_with_its_item() {
    for message in ["as text", "as a string"] {
        let counts = Counts::default();
        let fall = |before: usize, item: Item, out: &mut Outbox<'_>| {
            assert!(before != 7, "{message}");
            out.emit(item)
        };
        let run = run(
            vec![counts.source(1_000, 0), counts.middle(fall), counts.sink("middle", drop_it)],
            1,
        );
        let failure = run.failure.unwrap();
        assert_eq!(failure.stage, "middle");
        assert_eq!(failure.label, Some(Label::Path("item 7".into())));
        assert!(failure.message.contains(message), "{}", failure.message);
    }
}

#[test]
fn the_first_failure_counts() {
    let counts = Counts::default();
    let (open, gate) = bounded::<()>(0);
    let first = |before: usize, _: Item, _: &mut Outbox<'_>| match before {
        0 => Err(StageError::Failed("first".to_owned())),
        _ => {
            wait_for(&gate);
            panic!("second")
        }
    };
    let run = std::thread::scope(|scope| {
        let running =
            scope.spawn(|| run(vec![counts.source(100, 0), counts.sink("source", first)], 4));
        std::thread::sleep(Duration::from_millis(100));
        drop(open);
        running.join().unwrap()
    });
    assert_eq!(run.failure.unwrap().message, "first");
}

/// A stage that does not come through its start.
struct Broken;

impl Stage for Broken {
    fn name(&self) -> &str {
        "broken"
    }

    fn slot(&self) -> Slot {
        Slot::After("source".to_owned())
    }

    fn start(&self) -> Work<'_> {
        panic!("it does not start")
    }
}

#[test]
fn a_panic_at_the_start_is_caught_and_named_too() {
    let counts = Counts::default();
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        run(vec![counts.source(10, 0), Box::new(Broken)], 2).failure
    }));
    let failure = caught.expect("the runner catches it").expect("it is a failure");
    assert_eq!(failure.stage, "broken");
    assert!(failure.message.contains("it does not start"), "{}", failure.message);
}

#[test]
fn progress_counts_what_begins_and_ends_the_chain() {
    let counts = Counts::default();
    let mut registry = Registry::default();
    registry.register(counts.source(500, 0));
    registry.register(counts.middle(pass));
    registry.register(counts.sink("middle", drop_it));
    let progress = Progress::default();
    runner::run(&registry.into_chain().unwrap(), 3, &progress);
    assert_eq!(progress.counts(), (500, 500));
}
