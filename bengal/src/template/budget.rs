//! What one rendering may use, so that no template runs for ever or takes all memory.
//!
//! **Invariant:** each limit counts what the template does, never time, so that a site builds the same
//! on every machine.

use std::cell::Cell;
use std::fmt;
use std::io::{self, Write};
use std::rc::Rc;

use liquid_core::model::{Value as Liquid, ValueView};
use liquid_core::runtime::Runtime;
use liquid_core::{Error, Result};

use super::scope::address;

/// Rounds of all loops of one rendering. A list of 100,000 pages with loops within it stays far below;
/// an unoptimized build gets here in some ten seconds.
pub(super) const LOOP_ROUNDS: u64 = 5_000_000;

/// Partials of one rendering: some for each page of a list of 100,000.
pub(super) const INCLUDES: u64 = 500_000;

/// How deep partials may nest before they are taken to include themselves.
pub(super) const INCLUDE_DEPTH: usize = 64;

/// Bytes that one rendering may write: hundreds of times what a browser shows with ease.
pub(super) const OUTPUT_BYTES: usize = 64 << 20;

/// Bytes of a text that a filter or a `capture` may make: such texts are held in memory, many at once.
pub(super) const TEXT_BYTES: usize = 16 << 20;

/// Items of a list that a filter may make: ten times the pages of a large site.
pub(super) const LIST_ITEMS: i64 = 1_000_000;

/// Bytes of stack at which no further partial is begun. Workers have 8 MiB, and the deepest template
/// that is let through takes less than half of them.
pub(super) const STACK_BYTES: usize = 3 << 20;

/// A limit that a rendering went over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    LoopRounds,
    Includes,
    IncludeDepth,
    OutputBytes,
    TextBytes,
    ListItems,
    Stack,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LoopRounds => write!(f, "loops take over {LOOP_ROUNDS} rounds"),
            Self::Includes => write!(f, "over {INCLUDES} partials are rendered"),
            Self::IncludeDepth => {
                write!(f, "templates include each other over {INCLUDE_DEPTH} deep")
            }
            Self::OutputBytes => write!(f, "the output is over {} MiB", OUTPUT_BYTES >> 20),
            Self::TextBytes => write!(f, "a text is over {} MiB", TEXT_BYTES >> 20),
            Self::ListItems => write!(f, "a list has over {LIST_ITEMS} items"),
            Self::Stack => f.write_str("blocks and the templates they include are nested too deep"),
        }
    }
}

/// What is left to a rendering. A register; clones share what is left, so that a loop looks it up once.
#[derive(Clone, Debug)]
pub(super) struct Budget(Rc<Left>);

#[derive(Debug)]
struct Left {
    rounds: Cell<u64>,
    includes: Cell<u64>,
    /// Where the stack was when the rendering began.
    stack: usize,
    exceeded: Cell<Option<Limit>>,
}

impl Default for Budget {
    fn default() -> Self {
        Self(Rc::new(Left {
            rounds: Cell::new(LOOP_ROUNDS),
            includes: Cell::new(INCLUDES),
            stack: here(),
            exceeded: Cell::new(None),
        }))
    }
}

impl Budget {
    /// The budget of a rendering.
    pub fn of(runtime: &dyn Runtime) -> Self {
        runtime.registers().get_mut::<Self>().clone()
    }

    /// Takes one round of a loop.
    pub fn round(&self) -> Result<()> {
        self.take(&self.0.rounds, Limit::LoopRounds)
    }

    /// Takes one partial, and looks whether the stack has room for it.
    pub fn include(&self) -> Result<()> {
        if self.0.stack.abs_diff(here()) > STACK_BYTES {
            return Err(self.exceed(Limit::Stack));
        }
        self.take(&self.0.includes, Limit::Includes)
    }

    fn take(&self, from: &Cell<u64>, limit: Limit) -> Result<()> {
        let left = from.get().checked_sub(1).ok_or_else(|| self.exceed(limit))?;
        from.set(left);
        Ok(())
    }

    /// Notes that `limit` is exceeded.
    pub fn exceed(&self, limit: Limit) -> Error {
        self.0.exceeded.set(Some(limit));
        Error::with_msg(limit.to_string())
    }

    /// The limit that was exceeded. It stays, whatever becomes of the error: the crate replaces some.
    pub fn exceeded(&self) -> Option<Limit> {
        self.0.exceeded.get()
    }

    /// A writer to the end of `out`, which may grow to what `limit` says.
    pub fn writer<'w>(&'w self, out: &'w mut Vec<u8>, limit: Limit) -> Limited<'w> {
        let most = if limit == Limit::TextBytes { TEXT_BYTES } else { OUTPUT_BYTES };
        Limited { out, most, limit, budget: self }
    }
}

/// About where the stack is.
#[inline(never)]
fn here() -> usize {
    // A variable: a constant would have its place outside of the stack.
    let place = std::hint::black_box(false);
    address(&place)
}

/// The limit that `value`, which a filter made, is over.
pub(super) fn oversize(value: &Liquid) -> Option<Limit> {
    match value {
        // Only a text is looked at: others would be formatted for it.
        Liquid::Scalar(scalar) if scalar.type_name() == "string" => {
            (scalar.to_kstr().len() > TEXT_BYTES).then_some(Limit::TextBytes)
        }
        Liquid::Array(list) => {
            let size = i64::try_from(list.len()).unwrap_or(i64::MAX);
            (size > LIST_ITEMS).then_some(Limit::ListItems)
        }
        _ => None,
    }
}

/// A buffer that grows to a limit.
pub(super) struct Limited<'w> {
    out: &'w mut Vec<u8>,
    most: usize,
    limit: Limit,
    budget: &'w Budget,
}

impl Write for Limited<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.len() > self.most.saturating_sub(self.out.len()) {
            return Err(io::Error::other(self.budget.exceed(self.limit).to_string()));
        }
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod budget_tests {
    use super::*;

    #[test]
    fn what_is_left_is_shared_and_what_was_exceeded_stays() {
        let budget = Budget::default();
        budget.0.rounds.set(2);
        assert!(budget.clone().round().is_ok() && budget.round().is_ok());
        assert_eq!(budget.exceeded(), None);
        assert!(budget.clone().round().is_err());
        assert_eq!(budget.exceeded(), Some(Limit::LoopRounds));
    }

    #[test]
    fn a_writer_writes_up_to_its_limit() {
        let budget = Budget::default();
        let mut out = vec![0; TEXT_BYTES - 1];
        let mut writer = budget.writer(&mut out, Limit::TextBytes);
        assert!(writer.write_all(b"a").is_ok() && writer.write_all(b"b").is_err());
        assert_eq!((out.len(), budget.exceeded()), (TEXT_BYTES, Some(Limit::TextBytes)));
    }
}
