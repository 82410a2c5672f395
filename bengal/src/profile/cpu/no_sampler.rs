//! In place of the sampler, on a system for which there is none.

use super::CpuSample;

/// Whether this system can do it.
pub fn is_there() -> bool {
    false
}

/// Does nothing.
pub fn set_stage(_stage: usize) {}

/// There is none.
#[derive(Debug)]
pub enum Sampler {}

impl Sampler {
    /// Fails.
    ///
    /// # Errors
    /// Always.
    pub fn start() -> std::io::Result<Self> {
        Err(std::io::Error::other("no samples can be taken on this system"))
    }

    /// Ends nothing.
    pub fn end(self) -> (Vec<CpuSample>, u64) {
        match self {}
    }
}
