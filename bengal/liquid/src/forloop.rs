//! `forloop` and `tablerowloop`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::value::Value;

/// A loop, and the round it is in.
#[derive(Debug)]
pub struct Loop {
    /// The round, from 0. Only the rendering that runs the loop changes it; values are shared between
    /// threads, so it is atomic all the same.
    index: AtomicUsize,
    length: usize,
    name: Arc<str>,
    parent: Option<Arc<Self>>,
    /// Of a table: how many columns it has.
    columns: Option<usize>,
}

impl Loop {
    pub(crate) fn new(length: usize, name: Arc<str>, parent: Option<Arc<Self>>) -> Self {
        Self { index: AtomicUsize::new(0), length, name, parent, columns: None }
    }

    pub(crate) fn of_table(length: usize, name: Arc<str>, columns: usize) -> Self {
        let columns = Some(columns.max(1));
        Self { index: AtomicUsize::new(0), length, name, parent: None, columns }
    }

    pub(crate) fn set_round(&self, index: usize) {
        self.index.store(index, Relaxed);
    }

    pub(crate) fn kind(&self) -> &'static str {
        if self.columns.is_some() { "TablerowloopDrop" } else { "ForloopDrop" }
    }

    pub(crate) fn get(&self, name: &str) -> Option<Value<'static>> {
        let round = Round { index: self.index.load(Relaxed), length: self.length };
        round.get(name).or_else(|| match self.columns {
            Some(columns) => of_table(name, round.index, columns),
            None => self.of_loop(name),
        })
    }

    fn of_loop(&self, name: &str) -> Option<Value<'static>> {
        match name {
            "name" => Some(Value::Text(Arc::clone(&self.name))),
            "parentloop" => {
                Some(self.parent.as_ref().map_or(Value::Nil, |up| Value::Loop(Arc::clone(up))))
            }
            _ => None,
        }
    }
}

/// The round a loop is in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Round {
    /// From 0.
    pub index: usize,
    pub length: usize,
}

impl Round {
    pub fn get(self, name: &str) -> Option<Value<'static>> {
        let Self { index, length } = self;
        Some(match name {
            "index" => (index + 1).into(),
            "index0" => index.into(),
            "rindex" => (length - index).into(),
            "rindex0" => (length - index - 1).into(),
            "first" => (index == 0).into(),
            "last" => (index + 1 == length).into(),
            "length" => length.into(),
            _ => return None,
        })
    }
}

fn of_table(name: &str, index: usize, columns: usize) -> Option<Value<'static>> {
    Some(match name {
        "col" => (index % columns + 1).into(),
        "col0" => (index % columns).into(),
        "row" => (index / columns + 1).into(),
        "col_first" => index.is_multiple_of(columns).into(),
        "col_last" => (index % columns + 1 == columns).into(),
        _ => return None,
    })
}
