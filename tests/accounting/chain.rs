//! Chains of stages made for the test, and runs of them.

use std::sync::{Arc, Mutex};

use bengal::diagnostic::Diagnostic;
use bengal::memory::{Books, Memory};
use bengal::pipeline::item::{Label, Output};
use bengal::pipeline::registry::Registry;
use bengal::pipeline::runner::{self, Progress, Run};
use bengal::pipeline::{Barrier, Item, Outbox, PerItem, Slot, Stage, StageError, Work};

use crate::referee::{self, Change};

/// Emits `items` items, named `item 0` and so on, of `bytes` bytes each.
pub struct Source {
    pub items: usize,
    pub bytes: usize,
}

impl Stage for Source {
    fn name(&self) -> &str {
        "source"
    }

    fn slot(&self) -> Slot {
        Slot::Chain
    }

    fn start(&self) -> Work<'_> {
        Work::Barrier(Box::new(Emit { source: self }))
    }
}

struct Emit<'s> {
    source: &'s Source,
}

impl Barrier for Emit<'_> {
    fn process(&mut self, _: Item, _: &mut Vec<Diagnostic>) -> Result<(), StageError> {
        unreachable!("nothing comes before it")
    }

    fn finish(self: Box<Self>, out: &mut Outbox<'_>) -> Result<(), StageError> {
        (0..self.source.items).try_for_each(|number| out.emit(item(number, self.source.bytes)))
    }
}

/// An item with a name and so many bytes.
pub fn item(number: usize, bytes: usize) -> Item {
    Item::Output(Output {
        path: Arc::from(format!("item {number}")),
        bytes: vec![0; bytes],
        page: None,
        made_of: None,
    })
}

/// The number of an item.
pub fn number(item: &Item) -> usize {
    let Some(Label::Path(path)) = item.label() else { panic!("it is an output") };
    path.strip_prefix("item ").unwrap().parse().unwrap()
}

type Act<'c> = Box<dyn Fn(Item, &mut Outbox<'_>) -> Result<(), StageError> + Send + Sync + 'c>;

/// Does `act` with each item.
pub struct Each<'c> {
    pub name: &'static str,
    pub act: Act<'c>,
    /// The threads that worked for it.
    pub threads: Mutex<Vec<usize>>,
}

impl<'c> Each<'c> {
    pub fn new(
        name: &'static str,
        act: impl Fn(Item, &mut Outbox<'_>) -> Result<(), StageError> + Send + Sync + 'c,
    ) -> Self {
        Self { name, act: Box::new(act), threads: Mutex::new(Vec::with_capacity(64)) }
    }
}

/// A stage that is looked at afterwards.
pub struct Borrowed<'c>(pub &'c Each<'c>);

impl Stage for Borrowed<'_> {
    fn name(&self) -> &str {
        self.0.name
    }

    fn slot(&self) -> Slot {
        Slot::Chain
    }

    fn start(&self) -> Work<'_> {
        Work::PerItem(Box::new(Worker { each: self.0, known: false }))
    }
}

struct Worker<'c> {
    each: &'c Each<'c>,
    known: bool,
}

impl PerItem for Worker<'_> {
    fn process(&mut self, item: Item, out: &mut Outbox<'_>) -> Result<(), StageError> {
        if !std::mem::replace(&mut self.known, true) {
            self.each.threads.lock().unwrap().push(referee::thread());
        }
        (self.each.act)(item, out)
    }
}

/// A run: its figures, and every change that the referee saw.
pub struct Counted {
    pub run: Run,
    pub books: Books,
    pub changes: Vec<Change>,
}

impl Counted {
    pub fn memory(&self, stage: &str) -> Memory {
        let found = self.run.stages.iter().find(|report| report.name == stage);
        found.unwrap().memory.unwrap()
    }
}

/// Runs a source and the stages, with `jobs` workers each.
pub fn run(source: Source, stages: &[&Each<'_>], jobs: usize) -> Counted {
    let mut registry = Registry::default();
    registry.register(Box::new(source));
    stages.iter().for_each(|stage| registry.register(Box::new(Borrowed(stage))));
    let chain = registry.into_chain().unwrap();
    let progress = Progress::default();
    let (run, changes) = referee::logged(|| runner::run(&chain, jobs, &progress));
    assert!(run.failure.is_none(), "{:?}", run.failure);
    let books = run.books.clone().expect("the referee counts as bengal's allocator");
    Counted { run, books, changes }
}
