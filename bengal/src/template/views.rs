//! The model's plain values as Liquid sees them: borrowed, never copied.
//!
//! **Invariant:** iterating over an object, comparing it and copying it touch only its plain fields,
//! never the pages it is linked with, so that none of these can run in circles.

use std::fmt;

use liquid_core::model::{
    ArrayView, DateTime, DisplayCow, KStringCow, ObjectView, ScalarCow, State, Value as Liquid,
    ValueView,
};

use crate::content::date::Date;
use crate::site::{FileLink, MenuItem};
use crate::value::{Map, Text, Value};

/// An object with named fields.
pub(super) trait Fields: fmt::Debug {
    /// The field `name`, nil where it is empty; `None` where the object has none of that name.
    fn field(&self, name: &str) -> Option<&dyn ValueView>;

    /// The names of its plain fields, for iterating over it.
    fn names(&self) -> Vec<&str>;
}

/// Makes a type with [`Fields`] an object of Liquid.
macro_rules! object {
    ($type:ident $(<$($life:lifetime),+>)?) => {
        impl $(<$($life),+>)? liquid_core::ValueView for $type $(<$($life),+>)? {
            fn as_debug(&self) -> &dyn std::fmt::Debug {
                self
            }
            fn render(&self) -> liquid_core::model::DisplayCow<'_> {
                liquid_core::model::DisplayCow::Borrowed(&"")
            }
            fn source(&self) -> liquid_core::model::DisplayCow<'_> {
                self.render()
            }
            fn type_name(&self) -> &'static str {
                "object"
            }
            fn query_state(&self, state: liquid_core::model::State) -> bool {
                matches!(state, liquid_core::model::State::Truthy)
            }
            fn to_kstr(&self) -> liquid_core::model::KStringCow<'_> {
                liquid_core::model::KStringCow::from_static("")
            }
            fn to_value(&self) -> liquid_core::model::Value {
                $crate::template::views::copy(self)
            }
            fn as_object(&self) -> Option<&dyn liquid_core::ObjectView> {
                Some(self)
            }
        }

        impl $(<$($life),+>)? liquid_core::ObjectView for $type $(<$($life),+>)? {
            fn as_value(&self) -> &dyn liquid_core::ValueView {
                self
            }
            fn size(&self) -> i64 {
                self.names().len() as i64
            }
            fn keys<'k>(
                &'k self,
            ) -> Box<dyn Iterator<Item = liquid_core::model::KStringCow<'k>> + 'k> {
                Box::new(self.names().into_iter().map(liquid_core::model::KStringCow::from_ref))
            }
            fn values<'k>(
                &'k self,
            ) -> Box<dyn Iterator<Item = &'k dyn liquid_core::ValueView> + 'k> {
                Box::new(self.names().into_iter().filter_map(|name| self.field(name)))
            }
            fn iter<'k>(
                &'k self,
            ) -> Box<
                dyn Iterator<
                        Item = (liquid_core::model::KStringCow<'k>, &'k dyn liquid_core::ValueView),
                    > + 'k,
            > {
                Box::new(self.names().into_iter().filter_map(|name| {
                    Some((liquid_core::model::KStringCow::from_ref(name), self.field(name)?))
                }))
            }
            fn contains_key(&self, name: &str) -> bool {
                self.field(name).is_some()
            }
            fn get<'s>(&'s self, name: &str) -> Option<&'s dyn liquid_core::ValueView> {
                self.field(name)
            }
        }
    };
}
pub(super) use object;

/// A copy of the plain fields of `object`.
pub(super) fn copy(object: &dyn ObjectView) -> Liquid {
    let fields = object.iter().map(|(name, value)| (name.into_owned(), value.to_value()));
    Liquid::Object(fields.collect())
}

/// A scalar that shows itself by `Display`.
macro_rules! scalar {
    ($type:ty, $name:literal, $self:ident => $scalar:expr, $empty:expr) => {
        impl ValueView for $type {
            fn as_debug(&self) -> &dyn fmt::Debug {
                self
            }
            fn render(&self) -> DisplayCow<'_> {
                DisplayCow::Borrowed(self)
            }
            fn source(&self) -> DisplayCow<'_> {
                DisplayCow::Borrowed(self)
            }
            fn type_name(&self) -> &'static str {
                $name
            }
            fn query_state(&$self, state: State) -> bool {
                match state {
                    State::Truthy => true,
                    State::DefaultValue | State::Empty | State::Blank => $empty,
                }
            }
            fn to_kstr(&self) -> KStringCow<'_> {
                KStringCow::from_string(self.to_string())
            }
            fn to_value(&self) -> Liquid {
                self.as_scalar().map_or(Liquid::Nil, |scalar| Liquid::Scalar(scalar.into_owned()))
            }
            fn as_scalar(&$self) -> Option<ScalarCow<'_>> {
                $scalar
            }
        }
    };
}

scalar!(Text, "string", self => Some(ScalarCow::from(self.as_str())), self.trim().is_empty());
scalar!(Date, "date", self => date_time(*self).map(ScalarCow::from), false);

impl fmt::Display for Date {
    /// As Liquid shows a date: `2024-12-31 18:30:00 +0100`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match date_time(*self) {
            Some(date) => fmt::Display::fmt(&date, f),
            None => Ok(()),
        }
    }
}

fn date_time(date: Date) -> Option<DateTime> {
    let offset = time::UtcOffset::from_whole_seconds(date.offset).ok()?;
    let mut date_time = DateTime::from_ymd(1970, 1, 1);
    *date_time = time::OffsetDateTime::from_unix_timestamp(date.seconds).ok()?.to_offset(offset);
    Some(date_time)
}

/// Nothing, to point at.
pub(super) static NIL: Liquid = Liquid::Nil;

impl ValueView for Value {
    fn as_debug(&self) -> &dyn fmt::Debug {
        self
    }
    fn render(&self) -> DisplayCow<'_> {
        self.view().render()
    }
    fn source(&self) -> DisplayCow<'_> {
        self.view().source()
    }
    fn type_name(&self) -> &'static str {
        self.view().type_name()
    }
    fn query_state(&self, state: State) -> bool {
        self.view().query_state(state)
    }
    fn to_kstr(&self) -> KStringCow<'_> {
        self.view().to_kstr()
    }
    fn to_value(&self) -> Liquid {
        self.view().to_value()
    }
    fn as_scalar(&self) -> Option<ScalarCow<'_>> {
        self.view().as_scalar()
    }
    fn as_array(&self) -> Option<&dyn ArrayView> {
        self.view().as_array()
    }
    fn as_object(&self) -> Option<&dyn ObjectView> {
        self.view().as_object()
    }
    fn is_nil(&self) -> bool {
        matches!(self, Self::Nil)
    }
}

impl Value {
    fn view(&self) -> &dyn ValueView {
        match self {
            Self::Nil => &NIL,
            Self::Bool(value) => value,
            Self::Int(number) => number,
            Self::Float(number) => number,
            Self::Text(text) => text,
            Self::List(list) => list,
            Self::Map(map) => map,
        }
    }
}

impl Fields for Map {
    fn field(&self, name: &str) -> Option<&dyn ValueView> {
        (**self).get(name).map(|value| value as &dyn ValueView)
    }

    fn names(&self) -> Vec<&str> {
        (**self).keys().map(Text::as_str).collect()
    }
}
object!(Map);

impl Fields for MenuItem {
    fn field(&self, name: &str) -> Option<&dyn ValueView> {
        match name {
            "name" => Some(&self.name),
            "url" => Some(&self.url),
            "weight" => Some(self.weight.as_ref().map_or(&NIL as &dyn ValueView, |weight| weight)),
            "identifier" => Some(&self.identifier),
            "children" => Some(&self.children),
            _ => None,
        }
    }

    fn names(&self) -> Vec<&str> {
        vec!["name", "url", "weight", "identifier", "children"]
    }
}
object!(MenuItem);

impl Fields for FileLink {
    fn field(&self, name: &str) -> Option<&dyn ValueView> {
        match name {
            "name" => Some(&self.path),
            "url" => Some(&self.url),
            _ => None,
        }
    }

    fn names(&self) -> Vec<&str> {
        vec!["name", "url"]
    }
}
object!(FileLink);
