//! What makes values equal, orders them, and finds one in another.

use std::cmp::Ordering;

use super::Value;
use super::walk::Walk;

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

    /// Whether the value, a text, list or object, contains `other`.
    pub fn contains(&self, other: &Self) -> bool {
        if !other.is_truthy() {
            return false;
        }
        match self {
            Self::Str(_) | Self::Text(_) => {
                let (text, part) = (self.to_text(), other.to_text());
                memchr::memmem::find(text.as_bytes(), part.as_bytes()).is_some()
            }
            Self::List(_) | Self::Items(_) => {
                self.for_items().into_iter().any(|item| item == *other)
            }
            Self::Range(first, last) => matches!(other, Self::Int(n) if first <= n && n <= last),
            Self::Object(_) | Self::Map(_) => {
                other.as_str().is_some_and(|name| self.field(name).is_some())
            }
            _ => false,
        }
    }

    fn equals(&self, other: &Self, walk: &mut Walk) -> bool {
        if !walk.step() {
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
        own.len() == others.len()
            && own.iter().all(|(name, value)| {
                let found = others.iter().find(|(other, _)| other.equals(name, walk));
                found.is_some_and(|(_, other)| other.equals(value, walk))
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
