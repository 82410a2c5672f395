//! The CPU profile: where each stage's processor time goes, sampled by a timer's signal.
//!
//! `setitimer(ITIMER_PROF)` counts the processor time of all threads; whenever [`PERIOD`] of it has passed,
//! the thread that is running is interrupted, and its stack is written to a buffer that was made before.
//!
//! **Invariant:** the handler allocates nothing, takes no lock of this process's, and leaves `errno` as it
//! was: it may interrupt the allocator anywhere.

#[cfg_attr(
    not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))),
    path = "no_sampler.rs"
)]
mod sampler;

use std::collections::BTreeMap;
use std::time::Duration;

use super::stacks::{folded, without_around};
use super::symbols::Symbols;
pub use sampler::{Sampler, is_there, set_stage};

/// Processor time between two samples. The kernel looks at its clocks 100 to 1000 times a second, so they
/// may lie further apart.
pub const PERIOD: Duration = Duration::from_millis(1);

/// What the sampler knows of a thread that is no stage's.
pub const NO_STAGE: usize = usize::MAX;

/// A sampled stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CpuSample {
    /// The stage's place in the chain, or [`NO_STAGE`].
    pub stage: usize,
    /// Addresses, the innermost first.
    pub addresses: Vec<usize>,
}

/// Samples by stage and stack, folded, the stage first.
pub fn fold(samples: &[CpuSample], stages: &[String]) -> BTreeMap<String, u64> {
    let mut symbols = Symbols::default();
    let mut lines = BTreeMap::new();
    for sample in samples {
        let stage =
            stages.get(sample.stage).map_or(bengal_metrics::record::OUTSIDE, String::as_str);
        let stack = without_around(symbols.stack(&sample.addresses));
        let functions = stack.iter().map(|frame| frame.function.as_str()).chain([stage]);
        *lines.entry(folded(functions)).or_default() += 1;
    }
    lines
}
