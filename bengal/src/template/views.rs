//! The model's plain values as Liquid sees them: borrowed, never copied.
//!
//! **Invariant:** the names that an object lists are its plain fields, never the pages it is linked with,
//! so that comparing and showing it cannot run in circles.

use std::borrow::Cow;

use bengal_liquid::date;
use bengal_liquid::value::{List, Object, ToValue, Value as Liquid};

use crate::content::date::Date;
use crate::site::{FileLink, MenuItem};
use crate::value::{Map, Text, Value};

/// A list of the model's.
pub(super) fn list<T: ToValue>(list: &Vec<T>) -> Liquid<'_> {
    let list: &dyn List = list;
    Liquid::List(list)
}

/// A field that may be empty: it is known, though nothing.
pub(super) fn optional<T: ToValue>(value: &Option<T>) -> Liquid<'_> {
    value.as_ref().map_or(Liquid::Nil, ToValue::to_value)
}

/// Calls `each` with every name.
pub(super) fn names<'s>(names: &[&'s str], each: &mut dyn FnMut(&'s str)) {
    names.iter().for_each(|name| each(name));
}

/// What an object shows where a text belongs: nothing.
pub(super) const NO_TEXT: Option<Cow<'static, str>> = Some(Cow::Borrowed(""));

impl ToValue for Text {
    fn to_value(&self) -> Liquid<'_> {
        Liquid::Str(self)
    }
}

impl ToValue for Date {
    fn to_value(&self) -> Liquid<'_> {
        Liquid::Date(moment(*self))
    }
}

/// A date as Liquid has it.
pub(super) fn moment(date: Date) -> date::Date {
    date::Date { seconds: date.seconds, nanoseconds: 0, offset: date.offset }
}

impl ToValue for Value {
    fn to_value(&self) -> Liquid<'_> {
        match self {
            Self::Nil => Liquid::Nil,
            Self::Bool(value) => Liquid::Bool(*value),
            Self::Int(number) => Liquid::Int(*number),
            Self::Float(number) => Liquid::Float(*number),
            Self::Text(text) => Liquid::Str(text),
            Self::List(items) => list(items),
            Self::Map(map) => Liquid::Object(map),
        }
    }
}

impl Object for Map {
    fn get(&self, name: &str) -> Option<Liquid<'_>> {
        (**self).get(name).map(ToValue::to_value)
    }

    fn names<'s>(&'s self, each: &mut dyn FnMut(&'s str)) {
        (**self).keys().for_each(|name| each(name));
    }

    fn len(&self) -> usize {
        (**self).len()
    }
}

impl ToValue for MenuItem {
    fn to_value(&self) -> Liquid<'_> {
        Liquid::Object(self)
    }
}

impl Object for MenuItem {
    fn get(&self, name: &str) -> Option<Liquid<'_>> {
        Some(match name {
            "name" => Liquid::Str(&self.name),
            "url" => Liquid::Str(&self.url),
            "weight" => self.weight.into(),
            "identifier" => Liquid::Str(&self.identifier),
            "children" => list(&self.children),
            _ => return None,
        })
    }

    fn names<'s>(&'s self, each: &mut dyn FnMut(&'s str)) {
        names(&["name", "url", "weight", "identifier", "children"], each);
    }

    fn text(&self) -> Option<Cow<'_, str>> {
        NO_TEXT
    }
}

impl ToValue for FileLink {
    fn to_value(&self) -> Liquid<'_> {
        Liquid::Object(self)
    }
}

impl Object for FileLink {
    fn get(&self, name: &str) -> Option<Liquid<'_>> {
        match name {
            "name" => Some(Liquid::Str(&self.path)),
            "url" => Some(Liquid::Str(&self.url)),
            _ => None,
        }
    }

    fn names<'s>(&'s self, each: &mut dyn FnMut(&'s str)) {
        names(&["name", "url"], each);
    }

    fn text(&self) -> Option<Cow<'_, str>> {
        NO_TEXT
    }
}
