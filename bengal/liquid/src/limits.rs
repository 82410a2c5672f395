//! What one rendering may use, so that no template runs for ever or takes all memory.
//!
//! **Invariant:** each limit counts what the template does, never time, so that it renders the same on
//! every machine.

use std::cell::Cell;
use std::fmt;

/// Random templates are to be many, so they may be of less.
const FUZZING: bool = cfg!(fuzzing);

/// Rounds of all loops of one rendering. A list of 100,000 pages with loops within it stays far below.
pub const LOOP_ROUNDS: u64 = if FUZZING { 2_000 } else { 5_000_000 };

/// Partials of one rendering: some for each page of a list of 100,000.
pub const INCLUDES: u64 = if FUZZING { 500 } else { 500_000 };

/// How deep partials may nest before they are taken to include themselves.
pub const INCLUDE_DEPTH: usize = 64;

/// Bytes that one rendering may write: hundreds of times what a browser shows with ease.
pub const OUTPUT_BYTES: usize = if FUZZING { 64 << 10 } else { 64 << 20 };

/// Bytes of a text that a filter or a `capture` may make: such texts are held in memory, many at once.
pub const TEXT_BYTES: usize = if FUZZING { 16 << 10 } else { 16 << 20 };

/// Bytes that comparing or showing one value may come to, each item of a list at 16: more than
/// [`OUTPUT_BYTES`] would not be shown anyway.
pub const WALK: usize = OUTPUT_BYTES;

/// How deep comparing and showing go into a value: JSON nests to 128.
pub const WALK_DEPTH: usize = 200;

/// What one rendering may do, in bytes gone over: some ten seconds. Everything that a template can make
/// dear counts, each at what is named `…_WORK` here; a filter over 10,000 pages takes 640 kB of it.
pub const WORK: u64 = if FUZZING { 1 << 20 } else { 16 << 30 };

/// What an item of a list counts as in [`WORK`].
pub const ITEM_WORK: u64 = 64;

/// What an item that `where_exp` and the like look at through an expression counts as in [`WORK`].
pub const TEST_WORK: u64 = 4 * ITEM_WORK;

/// What a byte of a tag or output counts as in [`WORK`], each time it is rendered: so a loop around much
/// costs more than one around little.
pub const MARKUP_WORK: u64 = 8;

/// What a call of a filter or tag of the host's counts as in [`WORK`], if it does not say otherwise.
pub const CALL_WORK: u64 = 8 << 10;

/// What a byte counts as in [`WORK`] that is made HTML of Markdown, or of code.
pub const MARKDOWN_WORK: u64 = 32;

/// What opening a file for `include_relative` counts as in [`WORK`], besides its bytes.
pub const FILE_WORK: u64 = 16 << 10;

/// Variables that one rendering may have at once: they are looked for one after the other.
pub const VARIABLES: usize = 2_000;

/// Items of a list that a filter may make: ten times the pages of a large site.
pub const LIST_ITEMS: usize = if FUZZING { 2_000 } else { 1_000_000 };

/// Bytes of all texts and lists that one rendering may make with filters and `capture`.
pub const MADE_BYTES: usize = if FUZZING { 1 << 20 } else { 1 << 30 };

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
    /// [`VARIABLES`].
    Variables,
    /// [`DEPTH`].
    Depth,
    /// [`WORK`].
    Work,
    /// [`WALK`].
    Walk,
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
            Self::Work => f.write_str("it is too much work: tags and filters go over too much"),
            Self::Variables => write!(f, "there are over {VARIABLES} variables"),
            Self::Walk => f.write_str("a value holds too much to be shown"),
            Self::MadeBytes => {
                write!(f, "texts and lists that filters made are over {} MiB", MADE_BYTES >> 20)
            }
        }
    }
}

/// What is left of what one rendering may do and make: [`WORK`] and [`MADE_BYTES`]. Filters and tags that
/// go over more than the input that they are given take from it.
#[derive(Clone, Debug)]
pub struct Budget {
    work: Cell<u64>,
    made: Cell<usize>,
}

/// What was taken from a [`Budget`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent {
    /// Of [`WORK`].
    pub work: u64,
    /// Of [`MADE_BYTES`].
    pub made: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { work: Cell::new(WORK), made: Cell::new(MADE_BYTES) }
    }
}

impl Budget {
    /// One of so much work.
    #[cfg(test)]
    pub(crate) fn of_work(work: u64) -> Self {
        Self { work: Cell::new(work), ..Self::default() }
    }

    /// Takes so much of [`WORK`].
    ///
    /// # Errors
    /// When there is not as much left.
    pub fn work(&self, work: u64) -> Result<(), Limit> {
        self.work.set(self.work.get().checked_sub(work).ok_or(Limit::Work)?);
        Ok(())
    }

    /// Takes the work of going over `count` items or bytes that count as `each`.
    ///
    /// # Errors
    /// As [`Self::work`].
    pub fn work_over(&self, count: usize, each: u64) -> Result<(), Limit> {
        self.work((count as u64).saturating_mul(each))
    }

    /// Takes so many bytes of [`MADE_BYTES`].
    ///
    /// # Errors
    /// When there are not as many left.
    pub fn made(&self, bytes: usize) -> Result<(), Limit> {
        self.made.set(self.made.get().checked_sub(bytes).ok_or(Limit::MadeBytes)?);
        Ok(())
    }

    /// What was taken since it was as `before`.
    pub(crate) fn since(&self, before: &Self) -> Spent {
        Spent {
            work: before.work.get() - self.work.get(),
            made: before.made.get() - self.made.get(),
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

/// A list that may not grow over [`LIST_ITEMS`].
///
/// # Errors
/// When it would.
pub fn list_items(items: usize) -> Result<(), Limit> {
    if items > LIST_ITEMS { Err(Limit::ListItems) } else { Ok(()) }
}

/// A text in the making, which looks at [`TEXT_BYTES`] before it grows.
#[derive(Clone, Debug, Default)]
pub struct TextBuilder(String);

impl TextBuilder {
    /// An empty text with room for `bytes`, or as many as it may have.
    pub fn with_capacity(bytes: usize) -> Self {
        Self(String::with_capacity(bytes.min(TEXT_BYTES)))
    }

    /// Appends `text`.
    ///
    /// # Errors
    /// When there would be too much of it.
    pub fn push_str(&mut self, text: &str) -> Result<(), Limit> {
        text_bytes(self.0.len().saturating_add(text.len()))?;
        self.0.push_str(text);
        Ok(())
    }

    /// Appends `c`.
    ///
    /// # Errors
    /// When there would be too much of it.
    pub fn push(&mut self, c: char) -> Result<(), Limit> {
        text_bytes(self.0.len().saturating_add(c.len_utf8()))?;
        self.0.push(c);
        Ok(())
    }

    /// Appends `c` `times` times.
    ///
    /// # Errors
    /// When there would be too much of it.
    pub fn fill(&mut self, c: char, times: usize) -> Result<(), Limit> {
        text_bytes(self.0.len().saturating_add(times.saturating_mul(c.len_utf8())))?;
        self.0.extend(std::iter::repeat_n(c, times));
        Ok(())
    }

    /// Appends what `write` writes.
    ///
    /// # Errors
    /// When there would be too much of it.
    pub fn write_with(
        &mut self,
        write: impl FnOnce(&mut dyn fmt::Write) -> fmt::Result,
    ) -> Result<(), Limit> {
        write(self).map_err(|fmt::Error| Limit::TextBytes)
    }

    /// The text so far.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text.
    pub fn finish(self) -> String {
        self.0
    }
}

impl fmt::Write for TextBuilder {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push_str(text).map_err(|_| fmt::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_grows_to_its_limit_and_no_further() {
        let mut text = TextBuilder::default();
        assert_eq!(text.fill('a', TEXT_BYTES - 1), Ok(()));
        assert_eq!(text.push('ä'), Err(Limit::TextBytes));
        assert_eq!(text.push_str("b"), Ok(()));
        assert_eq!(text.push_str(""), Ok(()));
        assert_eq!(text.fill('c', usize::MAX), Err(Limit::TextBytes));
        assert_eq!(text.write_with(|f| write!(f, "{}", 1)), Err(Limit::TextBytes));
        assert_eq!(text.finish().len(), TEXT_BYTES);
    }
}
