//! The items of a list.

use super::Value;

/// The items of a list, one after the other.
#[derive(Clone, Debug)]
pub struct Items<'v> {
    of: Value<'v>,
    /// How many there are.
    length: usize,
}

impl<'v> Items<'v> {
    pub(super) fn new(of: Value<'v>, length: usize) -> Self {
        Self { of, length }
    }

    /// The item at `index`.
    pub fn get(&self, index: usize) -> Option<Value<'v>> {
        if index < self.length { self.of.item(index) } else { None }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }
}

impl<'v> IntoIterator for Items<'v> {
    type Item = Value<'v>;
    type IntoIter = ItemsIter<'v>;

    fn into_iter(self) -> ItemsIter<'v> {
        ItemsIter { items: self, at: 0 }
    }
}

/// See [`Items`].
#[derive(Clone, Debug)]
pub struct ItemsIter<'v> {
    items: Items<'v>,
    at: usize,
}

impl<'v> Iterator for ItemsIter<'v> {
    type Item = Value<'v>;

    fn next(&mut self) -> Option<Value<'v>> {
        let item = self.items.get(self.at)?;
        self.at += 1;
        Some(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.items.length - self.at.min(self.items.length);
        (left, Some(left))
    }
}
