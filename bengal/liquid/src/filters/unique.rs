//! What makes two values the same one for `uniq`.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::value::{Value, Walk};

/// A value that is the same as another as Ruby's `eql?` has it: as `==`, but no whole number is the
/// same as a float.
pub struct Unique<'v> {
    value: Value<'v>,
    /// Of everything that it holds: else the rows of a table that differ in their last fields would all be
    /// compared with each other.
    hash: u64,
    size: usize,
}

impl<'v> Unique<'v> {
    pub fn new(value: Value<'v>) -> Self {
        let (mut hasher, mut walk) = (DefaultHasher::new(), Walk::new());
        match &value {
            // By itself no float is the same, so that not even huge numbers need share a hash.
            Value::Int(number) => number.hash(&mut hasher),
            value => hash(value, &mut hasher, &mut walk),
        }
        Self { value, hash: hasher.finish(), size: walk.spent() }
    }

    /// The bytes of all that it holds, as [`Walk`] counts them.
    pub fn size(&self) -> usize {
        self.size
    }
}

impl PartialEq for Unique<'_> {
    fn eq(&self, other: &Self) -> bool {
        if self.hash != other.hash {
            return false;
        }
        match (&self.value, &other.value) {
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

impl Hash for Unique<'_> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.hash.hash(hasher);
    }
}

/// Hashes a value and all that it holds, as far as `walk` goes. Numbers that are equal have the same hash:
/// within lists and objects a whole number is equal to a float.
fn hash(value: &Value<'_>, hasher: &mut DefaultHasher, walk: &mut Walk) {
    if walk.take(value.as_str().map_or(0, str::len)).is_err() {
        return;
    }
    match value {
        Value::Bool(value) => value.hash(hasher),
        Value::Int(number) => (*number as f64).to_bits().hash(hasher),
        Value::Float(number) => (number + 0.0).to_bits().hash(hasher),
        Value::Str(text) => text.hash(hasher),
        Value::Text(text) => text.hash(hasher),
        Value::Date(date) => (date.seconds, date.nanoseconds).hash(hasher),
        Value::Range(first, last) => (first, last).hash(hasher),
        Value::List(_) | Value::Items(_) => {
            value.len().hash(hasher);
            walk.within(|walk| {
                value.for_items().into_iter().for_each(|item| hash(&item, hasher, walk));
            });
        }
        Value::Object(_) | Value::Map(_) => walk.within(|walk| hash_fields(value, hasher, walk)),
        _ => {}
    }
}

/// Objects with the same fields have the same hash, in whatever order the fields are.
fn hash_fields(object: &Value<'_>, hasher: &mut DefaultHasher, walk: &mut Walk) {
    let mut fields = object.fields();
    fields.sort_by(|(a, _), (b, _)| a.as_str().cmp(&b.as_str()));
    fields.len().hash(hasher);
    for (name, value) in &fields {
        name.as_str().hash(hasher);
        hash(value, hasher, walk);
    }
}
