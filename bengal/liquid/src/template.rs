//! A template that was read.

use crate::ast::Block;

/// A template, to be rendered as often as one likes.
#[derive(Debug)]
pub struct Template {
    name: Box<str>,
    pub(crate) block: Block,
}

impl Template {
    pub(crate) fn new(name: &str, block: Block) -> Self {
        Self { name: name.into(), block }
    }

    /// Its name, as places give it.
    pub fn name(&self) -> &str {
        &self.name
    }
}
