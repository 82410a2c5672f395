//! Checks values against a JSON Schema, of which it knows the words that `record.schema.json` uses: the
//! validators that there are bring 35 packages along.
//!
//! **Invariant:** a word that it does not know fails the test, so nothing is left unchecked.
//! Source: <https://json-schema.org/draft/2020-12/json-schema-validation>.

use serde_json::{Map, Value};

/// What is wrong with `value`, each with its path.
pub fn faults(root: &Value, value: &Value) -> Vec<String> {
    let mut check = Check { root, faults: Vec::new() };
    check.value(root, value, "");
    check.faults
}

/// The schema that `schema` refers to, or itself.
pub fn resolved<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    let Some(reference) = schema.get("$ref") else { return schema };
    let path = reference.as_str().unwrap().strip_prefix('#').unwrap();
    root.pointer(path).unwrap_or_else(|| panic!("{reference} is nowhere"))
}

struct Check<'s> {
    root: &'s Value,
    faults: Vec<String>,
}

impl Check<'_> {
    fn fault(&mut self, path: &str, what: impl std::fmt::Display) {
        self.faults.push(format!("{path}: {what}"));
    }

    fn value(&mut self, schema: &Value, value: &Value, path: &str) {
        for (word, of) in schema.as_object().unwrap() {
            match word.as_str() {
                "$schema" | "title" | "description" | "$defs" => {}
                "$ref" => self.value(resolved(self.root, schema), value, path),
                "const" if of != value => self.fault(path, format_args!("{value} is not {of}")),
                "enum" if !of.as_array().unwrap().contains(value) => {
                    self.fault(path, format_args!("{value} is none of {of}"));
                }
                "const" | "enum" => {}
                "type" => self.kind(of, value, path),
                "minimum" => {
                    if value.as_f64().is_some_and(|number| number < of.as_f64().unwrap()) {
                        self.fault(path, format_args!("{value} is less than {of}"));
                    }
                }
                "pattern" => {
                    let pattern = fancy_regex::Regex::new(of.as_str().unwrap()).unwrap();
                    if value.as_str().is_some_and(|text| !pattern.is_match(text).unwrap()) {
                        self.fault(path, format_args!("{value} is not as {of}"));
                    }
                }
                "properties" | "required" | "additionalProperties" => {
                    if let Some(map) = value.as_object() {
                        self.map(word, of, schema, map, path);
                    }
                }
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.value(of, item, &format!("{path}[{index}]"));
                    }
                }
                unknown => panic!("the schema's word `{unknown}` is not known here"),
            }
        }
    }

    fn kind(&mut self, kinds: &Value, value: &Value, path: &str) {
        let is = |kind: &Value| match kind.as_str().unwrap() {
            "null" => value.is_null(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "string" => value.is_string(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            unknown => panic!("the schema's type `{unknown}` is not known here"),
        };
        let fits = kinds.as_array().map_or_else(|| is(kinds), |kinds| kinds.iter().any(is));
        if !fits {
            self.fault(path, format_args!("{value} is no {kinds}"));
        }
    }

    fn map(
        &mut self,
        word: &str,
        of: &Value,
        schema: &Value,
        map: &Map<String, Value>,
        path: &str,
    ) {
        match word {
            "properties" => {
                for (key, schema) in of.as_object().unwrap() {
                    if let Some(value) = map.get(key) {
                        self.value(schema, value, &format!("{path}.{key}"));
                    }
                }
            }
            "required" => {
                for key in of.as_array().unwrap() {
                    if !map.contains_key(key.as_str().unwrap()) {
                        self.fault(path, format_args!("{key} is missing"));
                    }
                }
            }
            _ => {
                assert_eq!(*of, Value::Bool(false), "only closed maps are known here");
                for key in map.keys().filter(|key| schema["properties"].get(key).is_none()) {
                    self.fault(path, format_args!("{key} is not in the schema"));
                }
            }
        }
    }
}
