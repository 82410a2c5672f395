//! The options of a plugin, and which of them it asks for.
//!
//! **Invariant:** an option that a plugin never asks for while it registers is one that it does not know:
//! nothing is built then, as what was meant by it would be missing.

use std::sync::{Mutex, PoisonError};

use rustc_hash::FxHashSet;

use crate::diagnostic::nearest;
use crate::value::{Map, Text, Value};

/// The options of one plugin.
#[derive(Debug, Default)]
pub(super) struct Options {
    map: Map,
    asked: Mutex<FxHashSet<Box<str>>>,
}

impl Options {
    pub fn new(map: Map) -> Self {
        Self { map, asked: Mutex::default() }
    }

    /// All options.
    pub fn map(&self) -> &Map {
        &self.map
    }

    /// The option `name`, which counts as known from now on.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(name.into());
        self.map.get(name)
    }

    /// All options are known: the plugin goes through them.
    pub fn ask_all(&self) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.extend(self.map.keys().map(|key| Box::from(key.as_str())));
    }

    /// What is wrong with the first option that was not asked for.
    pub fn unknown(&self) -> Option<String> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let unknown = self.map.keys().find(|key| !asked.contains(key.as_str()))?;
        let mut known: Vec<&str> = asked.iter().map(|name| &**name).collect();
        known.sort_unstable();
        let hint = match nearest(unknown, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => "it has no options".to_owned(),
            None => format!("it knows {}", known.join(", ")),
        };
        Some(format!("it knows no option `{unknown}`; {hint}"))
    }
}

/// One `--plugin-option NAME.key=value`.
#[derive(Clone, Debug, PartialEq)]
pub struct GivenOption {
    /// The plugin's name.
    pub plugin: String,
    /// The option's.
    pub key: Text,
    /// Its value.
    pub value: Value,
}

impl std::str::FromStr for GivenOption {
    type Err = String;

    /// The value is read as YAML: `true`, `3`, `[a, b]`; what is none is text.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not NAME.key=value");
        let (name, value) = text.split_once('=').ok_or_else(wrong)?;
        let (plugin, key) = name.split_once('.').ok_or_else(wrong)?;
        if plugin.is_empty() || key.is_empty() {
            return Err(wrong());
        }
        let read = crate::yaml::read(value).map(|document| document.value);
        let value = read.unwrap_or_else(|_| Value::Text(value.into()));
        Ok(Self { plugin: plugin.to_owned(), key: key.into(), value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_is_known_when_it_was_asked_for() {
        let map: Map = {
            let mut map = Map::new();
            map.insert("words".into(), Value::Int(3));
            map
        };
        let options = Options::new(map);
        assert!(options.unknown().unwrap().contains("it has no options"));
        options.get("word");
        assert!(options.unknown().unwrap().contains("did you mean `word`?"));
        options.get("words");
        assert_eq!(options.unknown(), None);
    }

    #[test]
    fn options_of_the_command_line_are_yaml() {
        let option = |text: &str| text.parse::<GivenOption>();
        assert_eq!(option("a.b=3").unwrap().value, Value::Int(3));
        assert_eq!(option("a.b=x: y: z").unwrap().value, Value::Text("x: y: z".into()));
        assert_eq!(&*option("a.b.c=").unwrap().key, "b.c");
        for wrong in ["a.b", "a=3", ".b=3", "a.=3"] {
            assert!(option(wrong).is_err(), "{wrong}");
        }
    }
}
