//! What one rendering may use, so that no template runs for ever or takes all memory.
//!
//! **Invariant:** each limit counts what the template does, never time, so that it renders the same on
//! every machine.

use std::fmt;

/// Rounds of all loops of one rendering. A list of 100,000 pages with loops within it stays far below.
pub const LOOP_ROUNDS: u64 = 5_000_000;

/// Partials of one rendering: some for each page of a list of 100,000.
pub const INCLUDES: u64 = 500_000;

/// How deep partials may nest before they are taken to include themselves.
pub const INCLUDE_DEPTH: usize = 64;

/// Bytes that one rendering may write: hundreds of times what a browser shows with ease.
pub const OUTPUT_BYTES: usize = 64 << 20;

/// Bytes of a text that a filter or a `capture` may make: such texts are held in memory, many at once.
pub const TEXT_BYTES: usize = 16 << 20;

/// Items of a list that a filter may make: ten times the pages of a large site.
pub const LIST_ITEMS: usize = 1_000_000;

/// Bytes of all texts and lists that one rendering may make with filters and `capture`.
pub const MADE_BYTES: usize = 1 << 30;

/// How deep blocks, brackets and ranges may nest in a template: they are read by recursion.
pub const NESTING: usize = 100;

/// How deep blocks may nest while they are rendered, those of partials within those around them: each
/// takes some of the stack.
pub const DEPTH: usize = 1_000;

/// A limit that a rendering went over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// [`LOOP_ROUNDS`].
    LoopRounds,
    /// [`INCLUDES`].
    Includes,
    /// [`INCLUDE_DEPTH`].
    IncludeDepth,
    /// [`OUTPUT_BYTES`].
    OutputBytes,
    /// [`TEXT_BYTES`].
    TextBytes,
    /// [`LIST_ITEMS`].
    ListItems,
    /// [`MADE_BYTES`].
    MadeBytes,
    /// [`DEPTH`].
    Depth,
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
            Self::Depth => f.write_str("blocks and the templates they include are nested too deep"),
            Self::MadeBytes => {
                write!(f, "texts and lists that filters made are over {} MiB", MADE_BYTES >> 20)
            }
        }
    }
}

/// A text that may not grow over [`TEXT_BYTES`].
///
/// # Errors
/// When it would.
pub fn text_bytes(bytes: usize) -> Result<(), Limit> {
    if bytes > TEXT_BYTES { Err(Limit::TextBytes) } else { Ok(()) }
}
