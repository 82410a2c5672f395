//! What filters make of their input and arguments before they work with it.
//!
//! **Invariant:** what is there is borrowed or shared, never copied; nothing is walked further than
//! [`limits::LIST_ITEMS`] steps, however lists hold each other.

use crate::filter::{FilterError, Surroundings};
use crate::limits::{self, Budget, Limit, TextBuilder};
use crate::value::{Items, ItemsIter, Value, Walk};

/// `value` as the text that Ruby's `to_s` makes of it: always a [`Value::Str`] or [`Value::Text`].
pub fn text<'v>(value: Value<'v>, around: &Surroundings<'_>) -> Result<Value<'v>, Limit> {
    Ok(match value {
        Value::Str(_) | Value::Text(_) => value,
        Value::Nil | Value::Empty | Value::Blank => Value::Str(""),
        Value::Bool(true) => Value::Str("true"),
        Value::Bool(false) => Value::Str("false"),
        other => {
            let mut text = TextBuilder::default();
            write(&other, &mut text, around)?;
            Value::text(text.finish())
        }
    })
}

/// `value` as filters see it: to them `empty` and `blank` are texts without letters.
pub fn plain<'v>(value: &Value<'v>) -> Value<'v> {
    match value {
        Value::Empty | Value::Blank => Value::Str(""),
        other => other.clone(),
    }
}

/// Appends the text of `value`: a list as its items are written in Ruby, all else as `{{ }}` shows it.
pub fn write(
    value: &Value<'_>,
    text: &mut TextBuilder,
    around: &Surroundings<'_>,
) -> Result<(), Limit> {
    if let Value::Str(_) | Value::Text(_) = value {
        return text.push_str(str_of(value));
    }
    let mut walk = Walk::new();
    let shown = text.write_with(|f| match value {
        Value::List(_) | Value::Items(_) => value.inspect_within(f, &mut walk),
        other => other.show_within(f, &mut walk),
    });
    around.budget.work_over(walk.spent(), 1)?;
    shown
}

/// Whether two values are equal.
pub fn equal(a: &Value<'_>, b: &Value<'_>, around: &Surroundings<'_>) -> Result<bool, Limit> {
    let mut walk = Walk::new();
    let same = a.equals(b, &mut walk);
    around.budget.work_over(walk.spent(), 1)?;
    Ok(same)
}

/// The text of a value that [`text`] made.
pub fn str_of<'a>(value: &'a Value<'_>) -> &'a str {
    value.as_str().unwrap_or_default()
}

/// `range` of the text `of`, borrowed where the text is.
pub fn part<'v>(of: &Value<'v>, range: std::ops::Range<usize>) -> Value<'v> {
    match of {
        Value::Str(text) => Value::Str(text.get(range).unwrap_or_default()),
        Value::Text(text) if range == (0..text.len()) => of.clone(),
        Value::Text(text) => Value::text(text.get(range).unwrap_or_default()),
        _ => Value::Nil,
    }
}

/// What list filters work on: the items of a list, and of the lists in it; the numbers of a range; any
/// other value by itself; nothing for nil.
pub fn items<'a, 'v>(input: Value<'v>, around: &Surroundings<'a>) -> Flattened<'a, 'v> {
    let mut flattened = Flattened { open: Vec::new(), steps: 0, budget: around.budget };
    let single = match input {
        Value::List(_) | Value::Items(_) | Value::Range(..) => input,
        Value::Nil => return flattened,
        other => Value::list(vec![plain(&other)]),
    };
    flattened.open.push(single.for_items().into_iter());
    flattened
}

/// See [`items`].
#[derive(Debug)]
pub struct Flattened<'a, 'v> {
    /// The lists that are being walked, the innermost last.
    open: Vec<ItemsIter<'v>>,
    steps: usize,
    /// Takes the work of lists within the list, and of texts, which filters look into.
    budget: &'a Budget,
}

impl<'v> Flattened<'_, 'v> {
    /// How many there may be, to make room for.
    pub fn guess(&self) -> usize {
        self.open.iter().map(|list| list.size_hint().0).sum::<usize>().min(limits::LIST_ITEMS)
    }

    /// All of them.
    pub fn all(self) -> Result<Vec<Value<'v>>, Limit> {
        let mut all = Vec::with_capacity(self.guess());
        for item in self {
            all.push(item?);
        }
        Ok(all)
    }

    /// The item, or nothing where it was a list, which then comes next.
    fn opened(&mut self, item: Value<'v>) -> Result<Option<Value<'v>>, Limit> {
        self.steps += 1;
        limits::list_items(self.steps)?;
        match &item {
            Value::List(_) | Value::Items(_) => {
                let items: Items<'v> = item.for_items();
                self.budget.work_over(items.len(), limits::ITEM_WORK)?;
                self.open.push(items.into_iter());
                return Ok(None);
            }
            Value::Str(text) => self.budget.work_over(text.len(), 1)?,
            Value::Text(text) => self.budget.work_over(text.len(), 1)?,
            _ => {}
        }
        Ok(Some(item))
    }
}

impl<'v> Iterator for Flattened<'_, 'v> {
    type Item = Result<Value<'v>, Limit>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let Some(item) = self.open.last_mut()?.next() else {
                self.open.pop();
                continue;
            };
            let opened = self.opened(item);
            if opened.is_err() {
                self.open.clear();
            }
            if let Some(item) = opened.transpose() {
                return Some(item);
            }
        }
    }
}

/// The whole number that an argument such as a length is, as Ruby's `Integer()` reads it: also in text,
/// with `_` between digits, and with `0x`, `0o` or `0`, and `0b` before them.
pub fn integer(value: &Value<'_>) -> Result<i64, FilterError> {
    if let Value::Int(number) = value {
        return Ok(*number);
    }
    let read = value.as_str().and_then(read_integer);
    read.map_or_else(|| FilterError::argument("invalid integer"), Ok)
}

fn read_integer(text: &str) -> Option<i64> {
    let text = text.trim_matches(is_space);
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => ("-", &text[1..]),
        b'+' => ("", &text[1..]),
        _ => ("", text),
    };
    let prefix = digits.get(..2).unwrap_or_default().to_ascii_lowercase();
    let (radix, digits) = match prefix.as_str() {
        "0x" => (16, &digits[2..]),
        "0b" => (2, &digits[2..]),
        "0o" => (8, &digits[2..]),
        "0d" => (10, &digits[2..]),
        _ if prefix.starts_with('0') && prefix.len() > 1 => (8, &digits[1..]),
        _ => (10, digits),
    };
    let well_formed = digits.starts_with(|c: char| c.is_ascii_alphanumeric())
        && !digits.ends_with('_')
        && !digits.contains("__");
    let digits: String = digits.chars().filter(|c| *c != '_').collect();
    if well_formed { i64::from_str_radix(&format!("{sign}{digits}"), radix).ok() } else { None }
}

/// White space, as Ruby's `strip` and `split` know it.
pub fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t'..='\r')
}

/// The property `name` of `item`, as Ruby's `item[name]`: a field of an object, nil where it has none;
/// the part of a text that is `name`, or the letter at that index. `None` for what has no properties.
///
/// # Errors
/// For a number, and for what cannot be the name of a property of a text.
pub fn property<'v>(
    item: &Value<'v>,
    name: &Value<'v>,
    around: &Surroundings<'_>,
) -> Result<Option<Value<'v>>, FilterError> {
    match item {
        Value::Object(_) => Ok(Some(name.as_str().and_then(|name| item.field(name)).into())),
        Value::Map(map) => {
            around.budget.work_over(map.0.len(), 1)?;
            Ok(Some(name.as_str().and_then(|name| map.get(name)).cloned().into()))
        }
        Value::Str(_) | Value::Text(_) => match name {
            Value::Int(index) => Ok(Some(letter(item, *index).into())),
            Value::Str(_) | Value::Text(_) if item.contains(name) => Ok(Some(name.clone())),
            Value::Str(_) | Value::Text(_) => Ok(Some(Value::Nil)),
            _ => no_property(name, around),
        },
        Value::Int(_) => no_property(name, around),
        _ => Ok(None),
    }
}

/// The letter at `index`, from the end where it is below 0.
pub fn letter<'v>(text: &Value<'v>, index: i64) -> Option<Value<'v>> {
    let from = usize::try_from(index.unsigned_abs()).ok()?;
    let letters = str_of(text).char_indices();
    let (at, letter) =
        if index < 0 { letters.rev().nth(from - 1) } else { letters.clone().nth(from) }?;
    Some(part(text, at..at + letter.len_utf8()))
}

fn no_property<T>(name: &Value<'_>, around: &Surroundings<'_>) -> Result<T, FilterError> {
    let mut text = TextBuilder::default();
    write(name, &mut text, around)?;
    FilterError::argument(format!("cannot select the property '{}'", text.finish()))
}
