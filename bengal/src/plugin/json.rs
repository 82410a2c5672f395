//! Values as JSON, for plugins that would rather read that.

use serde_json::{Map as Object, Number, Value as Json};

use crate::value::{Map, Value};

/// A value as JSON. A number that JSON does not have is null.
pub(super) fn to_json(value: &Value) -> String {
    json(value).to_string()
}

fn json(value: &Value) -> Json {
    match value {
        Value::Nil => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(number) => Json::from(*number),
        Value::Float(number) => Number::from_f64(*number).map_or(Json::Null, Json::Number),
        Value::Text(text) => Json::from(text.as_str()),
        Value::List(list) => Json::Array(list.iter().map(json).collect()),
        Value::Map(map) => {
            let entries = map.iter().map(|(key, value)| (key.to_string(), json(value)));
            Json::Object(entries.collect::<Object<_, _>>())
        }
    }
}

/// The value that JSON says.
///
/// # Errors
/// In words, when it is none.
pub(super) fn from_json(bytes: &[u8]) -> Result<Value, String> {
    let json =
        serde_json::from_slice(bytes).map_err(|error| format!("it gave no JSON: {error}"))?;
    Ok(value(json))
}

/// The value that `json` is.
pub(super) fn value(json: Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(value) => Value::Bool(value),
        Json::Number(number) => match number.as_i64() {
            Some(number) => Value::Int(number),
            None => number.as_f64().map_or(Value::Nil, Value::Float),
        },
        Json::String(text) => Value::Text(text.into()),
        Json::Array(list) => Value::List(list.into_iter().map(value).collect()),
        Json::Object(object) => {
            let entries = object.into_iter().map(|(key, json)| (key.into(), value(json)));
            Value::Map(entries.collect::<Map>())
        }
    }
}
