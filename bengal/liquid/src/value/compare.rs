//! What makes values equal, orders them, and finds one in another.

use std::cmp::Ordering;

use rustc_hash::FxHashMap;

use super::Value;
use super::walk::Walk;
use crate::limits::TextBuilder;

impl Value<'_> {
    /// What orders two values, as `<` and `sort` do: numbers, texts and dates among their own kind.
    /// `None` where there is no order.
    pub fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(b)),
            (Self::Int(a), Self::Float(b)) => order_numbers(*a, *b),
            (Self::Float(a), Self::Int(b)) => order_numbers(*b, *a).map(Ordering::reverse),
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(b),
            (Self::Date(a), Self::Date(b)) => Some(a.cmp(b)),
            _ => Some(self.as_str()?.cmp(other.as_str()?)),
        }
    }

    /// Whether the value, a text, list or object, contains `other`. What is too much to compare is not the
    /// same.
    pub fn contains(&self, other: &Self) -> bool {
        self.contains_within(other, &mut Walk::new())
    }

    pub(crate) fn contains_within(&self, other: &Self, walk: &mut Walk) -> bool {
        if !other.is_truthy() {
            return false;
        }
        match self {
            Self::Str(_) | Self::Text(_) => {
                let mut shown = TextBuilder::default();
                let part = match other.as_str() {
                    Some(part) => part,
                    None => {
                        // A text that is too long stays as it is.
                        let _ = other.show_within(&mut shown, walk);
                        shown.as_str()
                    }
                };
                let text = self.as_str().unwrap_or_default();
                walk.take(text.len()).is_ok()
                    && memchr::memmem::find(text.as_bytes(), part.as_bytes()).is_some()
            }
            Self::List(_) | Self::Items(_) => {
                self.for_items().into_iter().any(|item| item.equals(other, walk))
            }
            Self::Range(first, last) => matches!(other, Self::Int(n) if first <= n && n <= last),
            Self::Object(_) | Self::Map(_) => {
                other.as_str().is_some_and(|name| self.field(name).is_some())
            }
            _ => false,
        }
    }

    /// Whether the two are equal, as far as `walk` goes.
    pub(crate) fn equals(&self, other: &Self, walk: &mut Walk) -> bool {
        if let (Some(a), Some(b)) = (self.as_str(), other.as_str()) {
            let looked_at = if a.len() == b.len() { a.len() } else { 0 };
            return walk.take(looked_at).is_ok() && a == b;
        }
        if walk.take(0).is_err() {
            return false;
        }
        match (self, other) {
            (Self::Empty, Self::Empty) | (Self::Blank, Self::Blank) => true,
            (Self::Empty, Self::Blank) | (Self::Blank, Self::Empty) => false,
            (Self::Empty, value) | (value, Self::Empty) => value.is_empty(),
            (Self::Blank, value) | (value, Self::Blank) => value.is_blank(),
            (Self::Nil, Self::Nil) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Range(a, b), Self::Range(c, d)) => (a, b) == (c, d),
            (Self::Object(a), Self::Object(b))
                if std::ptr::addr_eq(std::ptr::from_ref(*a), std::ptr::from_ref(*b)) =>
            {
                true
            }
            (Self::Object(_) | Self::Map(_), Self::Object(_) | Self::Map(_)) => {
                walk.within(|walk| self.has_fields_of(other, walk))
            }
            (Self::List(_) | Self::Items(_), Self::List(_) | Self::Items(_)) => {
                walk.within(|walk| self.has_items_of(other, walk))
            }
            _ => self.order(other) == Some(Ordering::Equal),
        }
    }

    fn has_fields_of(&self, other: &Self, walk: &mut Walk) -> bool {
        let (own, others) = (self.fields(), other.fields());
        let named = |(name, value): &(Self, Self)| Some((name.as_str()?.to_owned(), value.clone()));
        let others: FxHashMap<_, _> = others.iter().filter_map(named).collect();
        own.len() == others.len()
            && own.iter().all(|(name, value)| {
                let found = name.as_str().and_then(|name| others.get(name));
                found.is_some_and(|other| other.equals(value, walk))
            })
    }

    fn has_items_of(&self, other: &Self, walk: &mut Walk) -> bool {
        let mut pairs = self.for_items().into_iter().zip(other.for_items());
        self.len() == other.len() && pairs.all(|(a, b)| a.equals(&b, walk))
    }
}

impl PartialEq for Value<'_> {
    /// As `==` in a condition: numbers by their size, lists and objects by what they hold. What is too
    /// much to compare is not equal.
    fn eq(&self, other: &Self) -> bool {
        self.equals(other, &mut Walk::new())
    }
}

/// What orders a whole number and a float, exactly: were it rounded to a float, numbers would be equal to
/// others that are not equal to each other, and sorting could not end well.
fn order_numbers(whole: i64, float: f64) -> Option<Ordering> {
    /// 2^63, which is no `i64`.
    const END: f64 = 9_223_372_036_854_775_808.0;
    Some(match float {
        _ if float.is_nan() => return None,
        _ if float >= END => Ordering::Less,
        _ if float < -END => Ordering::Greater,
        _ => {
            #[expect(clippy::cast_possible_truncation, reason = "within the bounds of an i64")]
            let floor = float.floor() as i64;
            whole.cmp(&floor).then(if float > float.floor() {
                Ordering::Less
            } else {
                Ordering::Equal
            })
        }
    })
}
