//! Values as templates see them: borrowed from the host's model wherever it has the thing.
//!
//! **Invariant:** a value is 24 bytes and cheap to clone; nothing of the host's model is copied to make
//! one.

mod compare;
mod convert;
mod items;
mod show;
#[cfg(test)]
mod tests;
mod walk;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::date::Date;
use crate::forloop::Loop;

pub use items::{Items, ItemsIter};
pub(crate) use walk::Walk;

/// A value.
#[derive(Clone, Debug, Default)]
pub enum Value<'v> {
    /// Nothing.
    #[default]
    Nil,
    /// `empty`: equal to what has no items or letters.
    Empty,
    /// `blank`: equal to what is empty, nil, false or white space.
    Blank,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Another number.
    Float(f64),
    /// Text of the host's or the template's.
    Str(&'v str),
    /// Text that was made.
    Text(Arc<str>),
    /// A moment.
    Date(Date),
    /// Whole numbers, both ends included; none where the first is greater.
    Range(i64, i64),
    /// A list of the host's.
    List(&'v dyn List),
    /// A list that was made.
    Items(Arc<[Self]>),
    /// An object of the host's.
    Object(&'v dyn Object),
    /// An object that was made.
    Map(Arc<Map<'v>>),
    /// `forloop` or `tablerowloop`.
    Loop(Arc<Loop>),
}

/// An object of the host's model.
pub trait Object: fmt::Debug + Send + Sync {
    /// The field `name`, [`Value::Nil`] where it is known and has nothing; `None` where there is none of
    /// that name.
    fn get(&self, name: &str) -> Option<Value<'_>>;

    /// Calls `each` with the name of every field that iterating shows, in order. Fields that lead to
    /// other objects of the model may be left out, so that nothing runs in circles.
    fn names<'s>(&'s self, each: &mut dyn FnMut(&'s str));

    /// How many names there are.
    fn len(&self) -> usize {
        let mut count = 0;
        self.names(&mut |_| count += 1);
        count
    }

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What `{{ object }}` shows; by default its fields as Ruby shows a hash.
    fn text(&self) -> Option<Cow<'_, str>> {
        None
    }
}

/// A list of the host's model.
pub trait List: fmt::Debug + Send + Sync {
    /// How many items it has.
    fn len(&self) -> usize;

    /// Whether it has none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many items it has, or `most` where it has more: for those who go no further. A host that
    /// [watches](crate::watch) knows then that the length itself does not show.
    fn len_to(&self, most: usize) -> usize {
        self.len().min(most)
    }

    /// The item at `index`, from 0.
    fn get(&self, index: usize) -> Option<Value<'_>>;
}

/// What is a value of the host's model, such as one of its texts.
pub trait ToValue: fmt::Debug + Send + Sync {
    /// The value.
    fn to_value(&self) -> Value<'_>;
}

impl<T: ToValue + ?Sized> ToValue for &T {
    fn to_value(&self) -> Value<'_> {
        (**self).to_value()
    }
}

impl<T: ToValue> List for Vec<T> {
    fn len(&self) -> usize {
        self.as_slice().len()
    }

    fn get(&self, index: usize) -> Option<Value<'_>> {
        self.as_slice().get(index).map(ToValue::to_value)
    }
}

/// An object that was made: its fields in order.
#[derive(Clone, Debug, Default)]
pub struct Map<'v>(pub Vec<(Value<'v>, Value<'v>)>);

impl<'v> Map<'v> {
    /// The field `name`.
    pub fn get(&self, name: &str) -> Option<&Value<'v>> {
        self.0.iter().find(|(key, _)| key.as_str() == Some(name)).map(|(_, value)| value)
    }
}

impl<'v> Value<'v> {
    /// A text that was made.
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    /// A list that was made.
    pub fn list(items: Vec<Self>) -> Self {
        Self::Items(items.into())
    }

    /// Whether a condition takes it for true: everything but nil and false.
    pub fn is_truthy(&self) -> bool {
        !matches!(self, Self::Nil | Self::Bool(false))
    }

    /// Whether it is nothing.
    pub fn is_nil(&self) -> bool {
        matches!(self, Self::Nil)
    }

    /// The text, where it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it is equal to `empty`.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Str(_) | Self::Text(_) => self.as_str() == Some(""),
            Self::List(_) | Self::Items(_) | Self::Object(_) | Self::Map(_) => {
                self.len() == Some(0)
            }
            Self::Empty => true,
            _ => false,
        }
    }

    /// Whether it is equal to `blank`.
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Nil | Self::Bool(false) | Self::Blank => true,
            Self::Empty => false,
            _ => self.as_str().map_or_else(|| self.is_empty(), |text| text.trim().is_empty()),
        }
    }

    /// How many items, fields or letters it has.
    pub fn len(&self) -> Option<usize> {
        Some(match self {
            Self::Str(text) => text.chars().count(),
            Self::Text(text) => text.chars().count(),
            Self::List(list) => list.len(),
            Self::Items(items) => items.len(),
            Self::Object(object) => object.len(),
            Self::Map(map) => map.0.len(),
            Self::Range(first, last) if first > last => 0,
            Self::Range(first, last) => {
                usize::try_from(last.saturating_sub(*first)).unwrap_or(usize::MAX).saturating_add(1)
            }
            _ => return None,
        })
    }

    /// Whether it is a list or a range.
    pub fn is_list(&self) -> bool {
        matches!(self, Self::List(_) | Self::Items(_) | Self::Range(..))
    }

    /// The item at `index` of a list or range.
    pub fn item(&self, index: usize) -> Option<Self> {
        match self {
            Self::List(list) => list.get(index),
            Self::Items(items) => items.get(index).cloned(),
            Self::Range(first, last) => {
                let value = first.checked_add(i64::try_from(index).ok()?)?;
                (value <= *last).then_some(Self::Int(value))
            }
            _ => None,
        }
    }

    /// The field `name` of an object.
    pub fn field(&self, name: &str) -> Option<Self> {
        match self {
            Self::Object(object) => object.get(name),
            Self::Map(map) => map.get(name).cloned(),
            Self::Loop(forloop) => forloop.get(name),
            _ => None,
        }
    }

    /// The names of an object's fields, and their values.
    pub fn fields(&self) -> Vec<(Self, Self)> {
        match self {
            Self::Object(object) => {
                let mut fields = Vec::new();
                let object: &'v dyn Object = *object;
                object.names(&mut |name| {
                    fields.push((Value::Str(name), object.get(name).unwrap_or_default()));
                });
                fields
            }
            Self::Map(map) => map.0.clone(),
            _ => Vec::new(),
        }
    }

    /// What `for` goes over: the items of a list or range, a list of name and value for each field of an
    /// object, a text that is not empty as one item; nothing for all else.
    pub fn for_items(&self) -> Items<'v> {
        self.for_items_to(usize::MAX)
    }

    /// The same, where what stands behind the first `most` items does not matter.
    pub fn for_items_to(&self, most: usize) -> Items<'v> {
        match self {
            Self::List(list) if most < usize::MAX => Items::new(self.clone(), list.len_to(most)),
            Self::List(_) | Self::Items(_) | Self::Range(..) => {
                Items::new(self.clone(), self.len().unwrap_or(0))
            }
            Self::Object(_) | Self::Map(_) => {
                let pair = |(name, value)| Self::list(vec![name, value]);
                let pairs: Vec<Self> = self.fields().into_iter().map(pair).collect();
                let length = pairs.len();
                Items::new(Self::list(pairs), length)
            }
            Self::Str(_) | Self::Text(_) if !self.is_empty() => {
                Items::new(Self::list(vec![self.clone()]), 1)
            }
            _ => Items::new(Self::Nil, 0),
        }
    }

    /// What it is, in messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Nil => "nil",
            Self::Empty => "empty",
            Self::Blank => "blank",
            Self::Bool(_) => "a truth value",
            Self::Int(_) | Self::Float(_) => "a number",
            Self::Str(_) | Self::Text(_) => "a text",
            Self::Date(_) => "a date",
            Self::Range(..) => "a range",
            Self::List(_) | Self::Items(_) => "a list",
            Self::Object(_) | Self::Map(_) | Self::Loop(_) => "an object",
        }
    }
}
