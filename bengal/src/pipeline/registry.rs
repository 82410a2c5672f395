//! The stages of a build, and the order that their slots give them.
//!
//! **Invariant:** the order depends on the slots and on the order of registration alone, and is
//! settled before anything runs.

use super::stage::{Slot, Stage};

/// Stages, in the order registered.
#[derive(Default)]
pub struct Registry<'s> {
    stages: Vec<Box<dyn Stage + 's>>,
}

/// Why stages cannot be put in order.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// A name is taken.
    #[error("there are two stages named `{0}`")]
    Duplicate(String),
    /// A slot names no stage.
    #[error("the stage `{stage}` belongs beside `{anchor}`, which is no stage of this build")]
    Unknown {
        /// The stage whose slot it is.
        stage: String,
        /// What the slot names.
        anchor: String,
    },
    /// Slots name each other in a circle.
    #[error("the slots of these stages name each other in a circle: {0}")]
    Cycle(String),
}

impl<'s> Registry<'s> {
    /// Adds a stage.
    pub fn register(&mut self, stage: Box<dyn Stage + 's>) {
        self.stages.push(stage);
    }

    /// The chain. Of stages with the same slot, the one registered first comes first.
    ///
    /// # Errors
    /// When a name is given twice, a slot names nothing, or slots go round in a circle.
    pub fn into_chain(self) -> Result<Vec<Box<dyn Stage + 's>>, OrderError> {
        self.check_names()?;
        let mut chain: Vec<Box<dyn Stage + 's>> = Vec::with_capacity(self.stages.len());
        let mut waiting = self.stages;
        while !waiting.is_empty() {
            let places = waiting.iter().map(|stage| position(&chain, &stage.slot()));
            let Some((next, at)) = places.enumerate().find_map(|(next, at)| Some((next, at?)))
            else {
                let names: Vec<_> = waiting.iter().map(|stage| stage.name()).collect();
                return Err(OrderError::Cycle(names.join(", ")));
            };
            chain.insert(at, waiting.remove(next));
        }
        Ok(chain)
    }

    fn check_names(&self) -> Result<(), OrderError> {
        for (index, stage) in self.stages.iter().enumerate() {
            let name = stage.name();
            if self.stages[..index].iter().any(|other| other.name() == name) {
                return Err(OrderError::Duplicate(name.to_owned()));
            }
            let (Slot::Before(anchor) | Slot::After(anchor)) = stage.slot() else { continue };
            if !self.stages.iter().any(|other| other.name() == anchor) {
                return Err(OrderError::Unknown { stage: name.to_owned(), anchor });
            }
        }
        Ok(())
    }
}

/// Where in `chain` a stage with `slot` goes: right beside its anchor, but behind those that came to
/// the same slot before it. `None` while its anchor is not there.
fn position(chain: &[Box<dyn Stage + '_>], slot: &Slot) -> Option<usize> {
    let find = |name: &str| chain.iter().position(|stage| stage.name() == name);
    match slot {
        Slot::Chain => Some(chain.len()),
        Slot::Before(anchor) => find(anchor),
        Slot::After(anchor) => {
            let start = find(anchor)? + 1;
            let after = chain[start..].iter().map(|stage| &**stage);
            Some(start + after.take_while(|stage| hangs_on(chain, *stage, slot)).count())
        }
    }
}

/// Whether `stage` came to `slot`, or beside a stage that did.
fn hangs_on(chain: &[Box<dyn Stage + '_>], stage: &(dyn Stage + '_), slot: &Slot) -> bool {
    let own = stage.slot();
    if own == *slot {
        return true;
    }
    let (Slot::Before(anchor) | Slot::After(anchor)) = own else { return false };
    let anchor = chain.iter().find(|other| other.name() == anchor);
    anchor.is_some_and(|anchor| hangs_on(chain, &**anchor, slot))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::Item;
    use crate::pipeline::stage::{Outbox, PerItem, StageError, Work};

    struct Named(&'static str, Slot);

    impl Stage for Named {
        fn name(&self) -> &str {
            self.0
        }

        fn slot(&self) -> Slot {
            self.1.clone()
        }

        fn start(&self) -> Work<'_> {
            Work::PerItem(Box::new(Pass))
        }
    }

    struct Pass;

    impl PerItem for Pass {
        fn process(&mut self, item: Item, out: &mut Outbox<'_>) -> Result<(), StageError> {
            out.emit(item)
        }
    }

    fn order(stages: &[(&'static str, Slot)]) -> Result<Vec<String>, OrderError> {
        let mut registry = Registry::default();
        for (name, slot) in stages {
            registry.register(Box::new(Named(name, slot.clone())));
        }
        let chain = registry.into_chain()?;
        Ok(chain.iter().map(|stage| stage.name().to_owned()).collect())
    }

    fn before(name: &str) -> Slot {
        Slot::Before(name.to_owned())
    }

    fn after(name: &str) -> Slot {
        Slot::After(name.to_owned())
    }

    #[test]
    fn stages_stand_by_slot_and_then_by_order_given() {
        let chain = order(&[
            ("x2", after("x1")),
            ("a", Slot::Chain),
            ("b", Slot::Chain),
            ("c", Slot::Chain),
            ("x1", after("a")),
            ("x3", after("a")),
            ("p1", before("b")),
            ("p2", before("b")),
            ("q", before("x3")),
            ("first", before("a")),
            ("last", after("c")),
        ]);
        let order = ["first", "a", "x1", "x2", "q", "x3", "p1", "p2", "b", "c", "last"];
        assert_eq!(chain.unwrap(), order);
    }

    #[test]
    fn what_cannot_be_ordered_is_named() {
        let duplicate = order(&[("a", Slot::Chain), ("a", Slot::Chain)]);
        assert_eq!(duplicate, Err(OrderError::Duplicate("a".into())));
        let unknown = order(&[("a", Slot::Chain), ("b", after("c"))]);
        assert_eq!(unknown, Err(OrderError::Unknown { stage: "b".into(), anchor: "c".into() }));
        let cycle = order(&[("a", Slot::Chain), ("b", after("c")), ("c", before("b"))]);
        assert_eq!(cycle, Err(OrderError::Cycle("b, c".into())));
    }
}
