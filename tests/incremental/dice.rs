//! Random choices that depend on a seed alone.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

/// A source of choices.
pub struct Dice {
    runner: TestRunner,
}

impl Dice {
    /// The choices of number `index` among those of `seed`.
    pub fn new(seed: u64, index: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        bytes[8..16].copy_from_slice(&index.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        Self { runner: TestRunner::new_with_rng(ProptestConfig::default(), rng) }
    }

    /// A number under `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        self.runner.rng().random_range(0..bound)
    }

    /// A number of `low` to `high`.
    pub fn within(&mut self, low: usize, high: usize) -> usize {
        self.runner.rng().random_range(low..=high)
    }

    /// True in `percent` of a hundred cases.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of `all`, which is not empty.
    pub fn pick<'t, T: ?Sized>(&mut self, all: &[&'t T]) -> &'t T {
        all[self.below(all.len())]
    }

    /// One of `all`; `None` where there is none.
    pub fn one_of<T>(&mut self, mut all: Vec<T>) -> Option<T> {
        let index = if all.is_empty() { return None } else { self.below(all.len()) };
        Some(all.swap_remove(index))
    }

    /// What `strategy` comes to.
    pub fn value<S: Strategy>(&mut self, strategy: S) -> S::Value {
        strategy.new_tree(&mut self.runner).unwrap().current()
    }
}
