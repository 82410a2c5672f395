//! Reads YAML into [`Value`]s. The only module that names the YAML crate.
//!
//! **Invariant:** no document makes this panic or run for long: the crate limits nesting (128) and
//! how often aliases may repeat what they name, and `FLOW_DEPTH` what it has to scan.

use std::cell::RefCell;

use serde::de::DeserializeSeed;

use crate::value::{Value, ValueSeed};

/// A document that was read, and what was untidy in it.
#[derive(Debug, PartialEq)]
pub struct Document {
    /// The document's value; [`Value::Nil`] for an empty one.
    pub value: Value,
    /// Keys that a map gave more than once, in the order met; the last value was taken.
    pub duplicate_keys: Vec<String>,
}

/// Why a text is not YAML.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct YamlError {
    /// What is wrong, without its position.
    pub message: String,
    /// Line in the text given, from 1; 0 where it is not known.
    pub line: usize,
    /// Column in characters, from 1; 0 where it is not known.
    pub column: usize,
}

/// Reads one document.
///
/// # Errors
/// When `text` is not one YAML document, nests too deeply, or repeats itself by aliases without
/// measure.
pub fn read(text: &str) -> Result<Document, YamlError> {
    if let Some(line) = too_deep(text) {
        let message = format!("lists and maps are nested over {FLOW_DEPTH} deep");
        return Err(YamlError { message, line, column: 0 });
    }
    let duplicates = RefCell::new(Vec::new());
    let value = ValueSeed::new(&duplicates)
        .deserialize(serde_yaml::Deserializer::from_str(text))
        .map_err(|error| describe(&error))?;
    Ok(Document { value, duplicate_keys: duplicates.into_inner() })
}

/// `text`, which is one line, as a value of a map: in quotes where it needs them.
pub fn scalar(text: &str) -> String {
    // What is no text of YAML's is no name of anything either; JSON has a form for it.
    let written = serde_yaml::to_string(text).unwrap_or_else(|_| format!("{text:?}"));
    written.trim_end().to_owned()
}

/// How deep `[` and `{` may nest. The crate's own limit is asked only after its scanner, which takes
/// quadratic time, has read them all: 100,000 take ten seconds.
const FLOW_DEPTH: usize = 256;

/// The line on which `[` and `{` nest too deeply, whether in quotes or not.
fn too_deep(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > FLOW_DEPTH {
            return Some(text[..at].matches('\n').count() + 1);
        }
    }
    None
}

fn describe(error: &serde_yaml::Error) -> YamlError {
    let (line, column) = error.location().map_or((0, 0), |at| (at.line(), at.column()));
    YamlError { message: without_positions(&error.to_string()), line, column }
}

/// `message` without its ` at line 2 column 7`: those count from where the YAML begins, and the
/// diagnostic has a place of its own.
fn without_positions(message: &str) -> String {
    let mut parts = message.split(" at line ");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let column = part[digits(part)..].strip_prefix(" column ");
        match column {
            Some(rest) => kept.push_str(&rest[digits(rest)..]),
            None => {
                kept.push_str(" at line ");
                kept.push_str(part);
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(text: &str) -> Value {
        let document = read(&format!("a: {text}")).unwrap();
        document.value.as_map().unwrap()["a"].clone()
    }

    #[test]
    fn scalars_follow_yaml_1_2_and_yes_is_a_truth_only_where_one_is_asked_for() {
        assert_eq!(field("yes"), Value::Text("yes".into()));
        assert_eq!(field("yes").to_bool(), Some(true));
        assert_eq!(field("No").to_bool(), Some(false));
        assert_eq!(field("012"), Value::Text("012".into()));
        assert_eq!(field("1e3"), Value::Float(1000.0));
        assert_eq!(field("2024-01-02"), Value::Text("2024-01-02".into()));
        assert_eq!(field("12:30"), Value::Text("12:30".into()));
        assert_eq!(field("~"), Value::Nil);
        assert_eq!(field("0x10"), Value::Int(16));
        assert_eq!(field("!tag x"), Value::Text("x".into()));
        assert_eq!(field("99999999999999999999999"), Value::Float(1e23));
    }

    #[test]
    fn a_key_given_twice_keeps_its_last_value_and_is_reported() {
        let document = read("a: 1\nb: {c: 1, c: 2}\na: 3").unwrap();
        assert_eq!(document.duplicate_keys, ["c", "a"]);
        assert_eq!(document.value.as_map().unwrap()["a"], Value::Int(3));
    }

    #[test]
    fn anchors_and_merges_are_followed() {
        let document = read("x: &x {p: 1, q: 1}\ny:\n  <<: *x\n  q: 2").unwrap();
        let map = document.value.as_map().unwrap()["y"].as_map().unwrap().clone();
        assert_eq!(map["p"], Value::Int(1));
        assert_eq!(map["q"], Value::Int(2));
    }

    #[test]
    fn a_scalar_is_read_as_it_was_written() {
        for text in
            ["plain", "a: b", "\"q\"", "yes", "1.10", "# no comment", "it's", "", "- x", " a "]
        {
            assert_eq!(field(&scalar(text)), Value::Text(text.into()), "{}", scalar(text));
        }
    }

    #[test]
    fn a_nine_level_alias_bomb_and_a_deep_nest_are_refused() {
        let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
        for level in 1..=9 {
            let inner = vec![format!("*a{}", level - 1); 9].join(",");
            bomb.push_str(&format!("a{level}: &a{level} [{inner}]\n"));
        }
        assert!(read(&bomb).unwrap_err().message.contains("repetition limit"));
        assert!(read(&"[".repeat(200)).unwrap_err().message.contains("recursion limit"));
        let deep = read(&format!("a:\n  {}", "[{".repeat(500_000))).unwrap_err();
        assert!(deep.message.contains("256 deep") && deep.line == 2, "{deep}");
    }

    #[test]
    fn an_error_says_where() {
        let error = read("a: 1\nb: c: d").unwrap_err();
        assert_eq!((error.line, error.column), (2, 5));
        assert!(!error.message.contains("line"), "{}", error.message);
    }
}
