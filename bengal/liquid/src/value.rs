//! Values as templates see them: borrowed from the host's model wherever it has the thing.
//!
//! **Invariant:** a value is 24 bytes and cheap to clone; nothing of the host's model is copied to make
//! one.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt::{self, Write};
use std::sync::Arc;

use crate::date::Date;
use crate::forloop::Loop;

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
        match self {
            Self::List(_) | Self::Items(_) | Self::Range(..) => {
                Items { length: self.len().unwrap_or(0), of: self.clone() }
            }
            Self::Object(_) | Self::Map(_) => {
                let pair = |(name, value)| Self::list(vec![name, value]);
                let pairs: Vec<Self> = self.fields().into_iter().map(pair).collect();
                Items { length: pairs.len(), of: Self::list(pairs) }
            }
            Self::Str(_) | Self::Text(_) if !self.is_empty() => {
                Items { length: 1, of: Self::list(vec![self.clone()]) }
            }
            _ => Items { length: 0, of: Self::Nil },
        }
    }

    /// The text of it, as `{{ }}` shows it.
    pub fn to_text(&self) -> Cow<'_, str> {
        match self {
            Self::Str(text) => Cow::Borrowed(text),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Nil | Self::Empty | Self::Blank => Cow::Borrowed(""),
            Self::Bool(true) => Cow::Borrowed("true"),
            Self::Bool(false) => Cow::Borrowed("false"),
            other => Cow::Owned(other.to_string()),
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

    /// How deep comparing and showing go before values are taken to hold themselves.
    const DEPTH: usize = 64;

    fn equals(&self, other: &Self, depth: usize) -> bool {
        if depth == 0 {
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
                let (own, others) = (self.fields(), other.fields());
                let has = |(name, value): &(Self, Self)| {
                    let found = others.iter().find(|(other, _)| other.equals(name, depth - 1));
                    found.is_some_and(|(_, other)| other.equals(value, depth - 1))
                };
                own.len() == others.len() && own.iter().all(has)
            }
            (Self::List(_) | Self::Items(_), Self::List(_) | Self::Items(_)) => {
                self.len() == other.len()
                    && self
                        .for_items()
                        .into_iter()
                        .zip(other.for_items())
                        .all(|(a, b)| a.equals(&b, depth - 1))
            }
            _ => self.order(other) == Some(Ordering::Equal),
        }
    }

    /// Writes the value as Ruby's `inspect` shows it: what stands within a list or an object.
    pub fn inspect(&self, f: &mut dyn Write) -> fmt::Result {
        self.inspect_within(f, Self::DEPTH)
    }

    fn inspect_within(&self, f: &mut dyn Write, depth: usize) -> fmt::Result {
        if depth == 0 {
            return f.write_str("…");
        }
        match self {
            Self::Nil => f.write_str("nil"),
            Self::Str(_) | Self::Text(_) => {
                f.write_char('"')?;
                for c in self.to_text().chars() {
                    match c {
                        '"' | '\\' => write!(f, "\\{c}")?,
                        '\n' => f.write_str("\\n")?,
                        '\t' => f.write_str("\\t")?,
                        '\r' => f.write_str("\\r")?,
                        c => f.write_char(c)?,
                    }
                }
                f.write_char('"')
            }
            Self::List(_) | Self::Items(_) => {
                f.write_char('[')?;
                for (index, item) in self.for_items().into_iter().enumerate() {
                    f.write_str(if index > 0 { ", " } else { "" })?;
                    item.inspect_within(f, depth - 1)?;
                }
                f.write_char(']')
            }
            Self::Object(_) | Self::Map(_) => {
                f.write_char('{')?;
                for (index, (name, value)) in self.fields().iter().enumerate() {
                    f.write_str(if index > 0 { ", " } else { "" })?;
                    name.inspect_within(f, depth - 1)?;
                    f.write_str("=>")?;
                    value.inspect_within(f, depth - 1)?;
                }
                f.write_char('}')
            }
            other => write!(f, "{other}"),
        }
    }

    fn show(&self, f: &mut dyn Write, depth: usize) -> fmt::Result {
        match self {
            Self::Nil | Self::Empty | Self::Blank => Ok(()),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Float(number) => write_float(*number, f),
            Self::Str(text) => f.write_str(text),
            Self::Text(text) => f.write_str(text),
            Self::Date(date) => write!(f, "{date}"),
            Self::Range(first, last) => write!(f, "{first}..{last}"),
            Self::List(_) | Self::Items(_) if depth == 0 => Ok(()),
            Self::List(_) | Self::Items(_) => {
                self.for_items().into_iter().try_for_each(|item| item.show(f, depth - 1))
            }
            Self::Object(object) => match object.text() {
                Some(text) => f.write_str(&text),
                None => self.inspect(f),
            },
            Self::Map(_) => self.inspect(f),
            Self::Loop(forloop) => f.write_str(forloop.kind()),
        }
    }
}

impl fmt::Display for Value<'_> {
    /// As `{{ }}` shows it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.show(f, Self::DEPTH)
    }
}

impl PartialEq for Value<'_> {
    /// As `==` in a condition: numbers by their size, lists and objects by what they hold.
    fn eq(&self, other: &Self) -> bool {
        self.equals(other, Self::DEPTH)
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

/// As Ruby shows a float: always with a point, with an exponent from 1e16 and below 1e-4.
fn write_float(number: f64, f: &mut dyn Write) -> fmt::Result {
    if number.is_nan() {
        return f.write_str("NaN");
    }
    if number.is_infinite() {
        return f.write_str(if number > 0.0 { "Infinity" } else { "-Infinity" });
    }
    let size = number.abs();
    if number == 0.0 || (1e-4..1e16).contains(&size) {
        return write!(f, "{number:?}");
    }
    let shown = format!("{number:e}");
    let (digits, exponent) = shown.split_once('e').unwrap_or((&shown, "0"));
    let point = if digits.contains('.') { "" } else { ".0" };
    let (sign, exponent) =
        exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    write!(f, "{digits}{point}e{sign}{exponent:0>2}")
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<u32> for Value<'_> {
    fn from(number: u32) -> Self {
        Self::Int(number.into())
    }
}

impl From<usize> for Value<'_> {
    fn from(number: usize) -> Self {
        Self::Int(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<f64> for Value<'_> {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl<'v> From<&'v str> for Value<'v> {
    fn from(text: &'v str) -> Self {
        Self::Str(text)
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl<'v, T: Into<Self>> From<Option<T>> for Value<'v> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Nil, Into::into)
    }
}

/// The items of a list, one after the other.
#[derive(Clone, Debug)]
pub struct Items<'v> {
    of: Value<'v>,
    /// How many there are.
    length: usize,
}

impl<'v> Items<'v> {
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
