//! Values of JSON.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::value::{Map, Value};

impl Value<'static> {
    /// The value that `json` is.
    pub fn from_json(json: &Json) -> Self {
        match json {
            Json::Null => Self::Nil,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => match number.as_i64() {
                Some(number) => Self::Int(number),
                None => Self::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Self::text(text.as_str()),
            Json::Array(items) => Self::list(items.iter().map(Self::from_json).collect()),
            Json::Object(fields) => {
                let field = |(name, value): (&String, &Json)| {
                    (Self::text(name.as_str()), Self::from_json(value))
                };
                Self::Map(Arc::new(Map(fields.iter().map(field).collect())))
            }
        }
    }
}
