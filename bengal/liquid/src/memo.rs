//! What is remembered for a whole build: results of expressions that begin with a name that lasts, such
//! as `site.pages | where: "kind", "page" | sort: "date"`.
//!
//! Such a result depends on the expression, on the values of the other names in it, and on what lasts.
//! The first two are its key. It is computed in a scope that holds nothing else, so the compiler proves
//! that nothing of the page being rendered is in it.
//!
//! **Invariant:** whether a result was remembered does not show in what is rendered.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, RwLock};

use rustc_hash::FxHashMap;

use crate::date::Date;
use crate::error::Undefined;
use crate::limits::Spent;
use crate::value::Value;
use crate::watch::Noted;

/// Results that are remembered. More are computed each time.
pub const ENTRIES: usize = 100_000;

/// Bytes of all texts and lists that are remembered.
pub const BYTES: usize = 256 << 20;

/// Bytes of a text that may be part of a key: what depends on a longer one is not asked for twice.
pub const KEY_BYTES: usize = 1 << 10;

/// Remembered results; shared between the threads that render.
#[derive(Debug, Default)]
pub struct Memo<'m> {
    entries: RwLock<FxHashMap<Key, Arc<Entry<'m>>>>,
    bytes: AtomicUsize,
    numbers: AtomicU64,
}

/// What tells a result from others.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    /// The expression.
    pub expression: u32,
    /// What its outermost name stands for, where that is itself remembered.
    pub root: Option<u64>,
    /// The other values that it depends on.
    pub inputs: Box<[Input]>,
}

/// A value of a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Input {
    /// Nothing stands there, which strict renderings note.
    Undefined,
    Nil,
    Bool(bool),
    Int(i64),
    Float(u64),
    Text(Arc<str>),
    Date(i64, u32, i32),
    Empty,
    Blank,
    Range(i64, i64),
}

/// A remembered result.
#[derive(Debug)]
pub(crate) struct Entry<'m> {
    pub value: Value<'m>,
    /// Tells it from other results, as a part of their keys.
    pub number: u64,
    /// What was undefined in it.
    pub undefined: Box<[Undefined]>,
    /// What computing it took. Each use counts as much, so that a limit does not depend on which page was
    /// the first to use it.
    pub spent: Spent,
    /// What the host noted of what was read for it; each use counts as having read it.
    pub noted: Noted,
}

impl Input {
    /// The value as a part of a key, where it is plain.
    pub fn of(value: &Value<'_>) -> Option<Self> {
        if value.as_str().is_some_and(|text| text.len() > KEY_BYTES) {
            return None;
        }
        Some(match value {
            Value::Nil => Self::Nil,
            Value::Bool(value) => Self::Bool(*value),
            Value::Int(number) => Self::Int(*number),
            Value::Float(number) => Self::Float(number.to_bits()),
            Value::Str(text) => Self::Text(Arc::from(*text)),
            Value::Text(text) => Self::Text(Arc::clone(text)),
            Value::Date(Date { seconds, nanoseconds, offset }) => {
                Self::Date(*seconds, *nanoseconds, *offset)
            }
            Value::Empty => Self::Empty,
            Value::Blank => Self::Blank,
            Value::Range(first, last) => Self::Range(*first, *last),
            _ => return None,
        })
    }

    /// The value, owned; `None` where nothing stands.
    pub fn value(&self) -> Option<Value<'static>> {
        Some(match self {
            Self::Undefined => return None,
            Self::Nil => Value::Nil,
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(number) => Value::Int(*number),
            Self::Float(bits) => Value::Float(f64::from_bits(*bits)),
            Self::Text(text) => Value::Text(Arc::clone(text)),
            Self::Date(seconds, nanoseconds, offset) => {
                let (seconds, nanoseconds, offset) = (*seconds, *nanoseconds, *offset);
                Value::Date(Date { seconds, nanoseconds, offset })
            }
            Self::Empty => Value::Empty,
            Self::Blank => Value::Blank,
            Self::Range(first, last) => Value::Range(*first, *last),
        })
    }
}

impl<'m> Memo<'m> {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) fn get(&self, key: &Key) -> Option<Arc<Entry<'m>>> {
        self.entries.read().unwrap_or_else(|poisoned| poisoned.into_inner()).get(key).cloned()
    }

    /// Remembers a result, if there is room; gives the one that is remembered, or this one.
    pub(crate) fn put(
        &self,
        key: Key,
        value: Value<'m>,
        undefined: Box<[Undefined]>,
        spent: Spent,
        noted: Noted,
    ) -> Arc<Entry<'m>> {
        let number = self.numbers.fetch_add(1, Relaxed);
        let entry = Arc::new(Entry { value, number, undefined, spent, noted });
        // What was made on the way to the value is more than it holds.
        if self.bytes.fetch_add(spent.made, Relaxed).saturating_add(spent.made) > BYTES {
            self.bytes.fetch_sub(spent.made, Relaxed);
            return entry;
        }
        let mut entries = self.entries.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        if entries.len() >= ENTRIES {
            return entry;
        }
        Arc::clone(entries.entry(key).or_insert(entry))
    }

    /// How many results are remembered.
    pub fn len(&self) -> usize {
        self.entries.read().unwrap_or_else(|poisoned| poisoned.into_inner()).len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(expression: u32) -> Key {
        Key { expression, root: None, inputs: Box::default() }
    }

    #[test]
    fn no_more_is_remembered_than_there_is_room_for() {
        let memo = Memo::new();
        let put = |expression, made| {
            let spent = Spent { work: 0, made };
            memo.put(key(expression), Value::Nil, Box::default(), spent, None);
            memo.len()
        };
        assert_eq!(put(0, BYTES), 1);
        assert_eq!(put(1, 1), 1);
        assert_eq!(put(2, 0), 2);
        for expression in 3..=u32::try_from(ENTRIES).expect("few") + 3 {
            put(expression, 0);
        }
        assert_eq!(memo.len(), ENTRIES);
    }

    #[test]
    fn long_texts_are_no_part_of_a_key() {
        let text = "x".repeat(KEY_BYTES);
        assert!(Input::of(&Value::Str(&text)).is_some());
        assert!(Input::of(&Value::text(text + "x")).is_none());
    }
}
