//! What one rendering may use, so that no template runs for ever or takes all memory.
//!
//! **Invariant:** each limit counts what the template does, never time, so that a site builds the same
//! on every machine.

use std::cell::Cell;
use std::fmt;
use std::io::{self, Write};
use std::rc::Rc;

use liquid_core::model::{ArrayView, Value as Liquid, ValueView};
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

/// Digits of a number in the format of a date: a width of 9,999 is more than enough.
const DATE_DIGITS: usize = 4;

/// Bytes of the texts of a list that a filter may make.
pub(super) const LIST_BYTES: usize = 256 << 20;

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
    ListBytes,
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
            Self::ListBytes => write!(f, "the texts of a list are over {} MiB", LIST_BYTES >> 20),
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

/// The limit that `value` is over, which a filter made of `input`.
pub(super) fn oversize(value: &Liquid, input: &dyn ValueView) -> Option<Limit> {
    match value {
        Liquid::Scalar(_) => (text_len(value) > TEXT_BYTES).then_some(Limit::TextBytes),
        Liquid::Array(list) => {
            let size = i64::try_from(list.len()).unwrap_or(i64::MAX);
            // A list of the site's may be as long as it is, and be sorted.
            let grown = || input.as_array().is_none_or(|input| input.size() < size);
            let bytes = || list.iter().map(text_len).sum::<usize>();
            if size > LIST_ITEMS && grown() {
                Some(Limit::ListItems)
            } else {
                (bytes() > LIST_BYTES).then_some(Limit::ListBytes)
            }
        }
        _ => None,
    }
}

/// The length of a text; that of all else is 0, which would be formatted for it.
fn text_len(value: &Liquid) -> usize {
    match value {
        Liquid::Scalar(scalar) if scalar.type_name() == "string" => scalar.to_kstr().len(),
        _ => 0,
    }
}

/// The filters whose result may be longer than all they are given together.
#[derive(Clone, Copy, Debug)]
pub(super) enum Growing {
    Replace,
    Join,
    Split,
    Date,
}

impl Growing {
    /// The filter `name`, if it is one of them.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "replace" => Some(Self::Replace),
            "join" => Some(Self::Join),
            "split" => Some(Self::Split),
            "date" => Some(Self::Date),
            _ => None,
        }
    }

    /// The limit that its result would be over, given `input` and the texts of its arguments.
    pub fn oversize(self, input: &dyn ValueView, arguments: &[String]) -> Option<Limit> {
        let argument = |index: usize| arguments.get(index).map_or("", String::as_str);
        match self {
            Self::Replace => {
                let input = input.to_kstr();
                let growth = argument(1).len().saturating_sub(argument(0).len());
                // Most replacements are short: only for long ones is anything counted.
                let most = input.len().saturating_add(1).saturating_mul(growth);
                let times = || input.matches(argument(0)).count();
                let is_over = most > TEXT_BYTES && times().saturating_mul(growth) > TEXT_BYTES;
                is_over.then_some(Limit::TextBytes)
            }
            // A format may say how wide a part is: `%100Y`.
            Self::Date => {
                let widths = argument(0).split(|c: char| !c.is_ascii_digit());
                let is_over = widths.map(str::len).any(|digits| digits > DATE_DIGITS);
                is_over.then_some(Limit::TextBytes)
            }
            Self::Join => {
                let items = input.as_array().map_or(0, ArrayView::size);
                let items = usize::try_from(items).unwrap_or(0);
                (items.saturating_mul(argument(0).len()) > TEXT_BYTES).then_some(Limit::TextBytes)
            }
            Self::Split => {
                let input = input.to_kstr();
                let most = usize::try_from(LIST_ITEMS).unwrap_or(usize::MAX);
                let is_over = input.len() > most && input.matches(argument(0)).count() > most;
                is_over.then_some(Limit::ListItems)
            }
        }
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
    fn what_filters_make_is_as_long_as_the_limits_say() {
        let text = |length| Liquid::scalar("x".repeat(length));
        assert_eq!(oversize(&text(TEXT_BYTES), &false), None);
        assert_eq!(oversize(&text(TEXT_BYTES + 1), &false), Some(Limit::TextBytes));
        let list = Liquid::Array(vec![Liquid::Nil; 1_000_001]);
        assert_eq!(oversize(&list, &false), Some(Limit::ListItems));
        assert_eq!(oversize(&list, &list), None);
        let (x, long) = ("x".to_owned(), "y".repeat(TEXT_BYTES / 4));
        for (growing, input, arguments, expected) in [
            (Growing::Replace, text(5), [x.clone(), long.clone()], Some(Limit::TextBytes)),
            (Growing::Replace, text(3), [x.clone(), long.clone()], None),
            (Growing::Replace, text(5), ["z".to_owned(), long.clone()], None),
            (Growing::Join, list, [x.repeat(17), x.clone()], Some(Limit::TextBytes)),
            (Growing::Split, text(1_000_002), [x.clone(), x.clone()], Some(Limit::ListItems)),
            (Growing::Date, text(1), ["%99999Y".to_owned(), x.clone()], Some(Limit::TextBytes)),
            (Growing::Date, text(1), ["%Y-%m 2024".to_owned(), x.clone()], None),
            (Growing::Split, text(1_000), [x.clone(), x.clone()], None),
        ] {
            assert_eq!(growing.oversize(&input, &arguments), expected, "{growing:?}");
        }
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
