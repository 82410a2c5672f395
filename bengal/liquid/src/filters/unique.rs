//! What makes two values the same one for `uniq`.

use std::hash::{Hash, Hasher};

use crate::value::Value;

/// A value that is the same as another as Ruby's `eql?` has it: as `==`, but no whole number is the
/// same as a float.
pub struct Unique<'v>(pub Value<'v>);

impl PartialEq for Unique<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Value::Int(_), Value::Float(_)) | (Value::Float(_), Value::Int(_)) => false,
            // A float that is no number is at least the same as itself: so is a hash.
            (Value::Float(a), Value::Float(b)) => a == b || (a.is_nan() && b.is_nan()),
            (Value::Empty, Value::Empty) | (Value::Blank, Value::Blank) => true,
            (Value::Empty | Value::Blank, _) | (_, Value::Empty | Value::Blank) => false,
            (a, b) => a == b,
        }
    }
}

impl Eq for Unique<'_> {}

/// Fields of an object that its hash is made of: enough to tell pages apart without reading all of them.
const FIELDS: usize = 8;

impl Hash for Unique<'_> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        match &self.0 {
            Value::Object(_) | Value::Map(_) => hash_object(&self.0, hasher),
            Value::List(_) | Value::Items(_) => {
                self.0.len().hash(hasher);
                for item in self.0.for_items().into_iter().take(FIELDS) {
                    hash_scalar(&item, hasher);
                }
            }
            // By itself no float is the same, so that not even huge numbers need share a hash.
            Value::Int(number) => number.hash(hasher),
            other => hash_scalar(other, hasher),
        }
    }
}

/// Objects with the same fields have the same hash, in whatever order the fields are.
fn hash_object<H: Hasher>(object: &Value<'_>, hasher: &mut H) {
    let mut names = Vec::new();
    match object {
        Value::Object(object) => object.names(&mut |name| names.push(name)),
        Value::Map(map) => names.extend(map.0.iter().filter_map(|(name, _)| name.as_str())),
        _ => {}
    }
    names.sort_unstable();
    names.len().hash(hasher);
    for name in names.into_iter().take(FIELDS) {
        name.hash(hasher);
        hash_scalar(&object.field(name).unwrap_or_default(), hasher);
    }
}

/// Hashes what holds nothing else; of all else, that it is there. Numbers that are equal have the same
/// hash: within lists and objects a whole number is equal to a float.
fn hash_scalar<H: Hasher>(value: &Value<'_>, hasher: &mut H) {
    match value {
        Value::Bool(value) => value.hash(hasher),
        Value::Int(number) => (*number as f64).to_bits().hash(hasher),
        Value::Float(number) => (number + 0.0).to_bits().hash(hasher),
        Value::Str(text) => text.hash(hasher),
        Value::Text(text) => text.hash(hasher),
        Value::Date(date) => (date.seconds, date.nanoseconds).hash(hasher),
        Value::Range(first, last) => (first, last).hash(hasher),
        _ => {}
    }
}
