//! Data files: YAML, JSON, TOML and CSV, each as one value.

use std::cell::RefCell;

use serde::de::DeserializeSeed;

use crate::content::fields::Fields;
use crate::diagnostic::{Code, Diagnostic, Place};
use crate::value::{Map, Value, ValueSeed};

/// What a data file is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `.yaml` or `.yml`.
    Yaml,
    /// `.json`.
    Json,
    /// `.toml`.
    Toml,
    /// `.csv`, with names in its first line.
    Csv,
}

impl Format {
    /// The format of the file `file`, by its extension; `None` for a kind of file that is no data.
    pub fn of(file: &str) -> Option<Self> {
        let (_, extension) = file.rsplit_once('.')?;
        match extension.to_ascii_lowercase().as_str() {
            "yaml" | "yml" => Some(Self::Yaml),
            "json" => Some(Self::Json),
            "toml" => Some(Self::Toml),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }

    /// Reads the data file `file`, whose text is `text`, perhaps after a byte order mark.
    ///
    /// # Errors
    /// When it is not what its name says.
    pub fn read(
        self,
        file: &str,
        text: &str,
        reports: &mut Vec<Diagnostic>,
    ) -> Result<Value, Diagnostic> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        match self {
            Self::Yaml => yaml(file, text, reports),
            Self::Json => json(file, text),
            Self::Toml => toml(file, text),
            Self::Csv => csv(file, text),
        }
    }
}

fn yaml(file: &str, text: &str, reports: &mut Vec<Diagnostic>) -> Result<Value, Diagnostic> {
    let mut fields = Fields { file, text, span: 0..text.len(), code: Code::DataSyntax, reports };
    Ok(match fields.read()? {
        Ok(map) => Value::Map(map),
        Err(other) => other,
    })
}

fn json(file: &str, text: &str) -> Result<Value, Diagnostic> {
    let duplicates = RefCell::default();
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = ValueSeed::new(&duplicates).deserialize(&mut reader);
    value.and_then(|value| reader.end().map(|()| value)).map_err(|error| {
        let place = Place::in_text(file, text, error.line(), error.column());
        wrong(error.to_string().split(" at line ").next().unwrap_or_default(), place)
    })
}

fn toml(file: &str, text: &str) -> Result<Value, Diagnostic> {
    let duplicates = RefCell::default();
    let fail = |error: &toml::de::Error| {
        let place = Place::at_offset(file, text, error.span().map_or(0, |span| span.start));
        wrong(error.message(), place)
    };
    let reader = toml::Deserializer::parse(text).map_err(|error| fail(&error))?;
    ValueSeed::new(&duplicates).deserialize(reader).map_err(|error| fail(&error))
}

/// A list of maps, one for each line, by the names in the first line. All values are text.
fn csv(file: &str, text: &str) -> Result<Value, Diagnostic> {
    let fail = |error: csv::Error| {
        let line = error.position().map_or(1, |at| usize::try_from(at.line()).unwrap_or(1));
        wrong(&error.to_string(), Place::in_text(file, text, line, 1))
    };
    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
    let names = reader.headers().map_err(fail)?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(fail)?;
        let mut row = Map::new();
        for (name, field) in names.iter().zip(&record) {
            row.insert(name.into(), Value::Text(field.into()));
        }
        rows.push(Value::Map(row));
    }
    Ok(Value::List(rows))
}

fn wrong(message: &str, place: Place) -> Diagnostic {
    Diagnostic::error(Code::DataSyntax, message)
        .at(place)
        .hint("the file is left out of `site.data`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(file: &str, text: &str) -> Value {
        Format::of(file).unwrap().read(file, text, &mut Vec::new()).unwrap()
    }

    #[test]
    fn four_formats_give_the_same_values() {
        let yaml = value("a.yaml", "a: {n: 1, t: x}");
        assert_eq!(value("a.json", r#"{"a": {"n": 1, "t": "x"}}"#), yaml);
        assert_eq!(value("a.toml", "[a]\nn = 1\nt = 'x'"), yaml);
        let rows = value("a.csv", "\u{feff}n,t\n1,x\n");
        assert_eq!(rows, value("b.yaml", "[{n: '1', t: x}]"));
        for no_data in ["a.txt", "a.xlsx", "README"] {
            assert_eq!(Format::of(no_data), None, "{no_data}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_any_format() {
        for (file, text) in [
            ("a.yaml", "n: x"),
            ("a.json", r#"{"n": "x"}"#),
            ("a.toml", "n = 'x'"),
            ("a.csv", "n\nx\n"),
        ] {
            assert_eq!(value(file, &format!("\u{feff}{text}")), value(file, text), "{file}");
        }
    }

    #[test]
    fn dates_of_toml_are_their_text() {
        for date in ["2024-01-02", "2024-01-02T03:04:05Z", "2024-01-02T03:04:05", "03:04:05"] {
            let expected = value("a.yaml", &format!("d: ['{date}']"));
            assert_eq!(value("d.toml", &format!("d = [{date}]")), expected, "{date}");
        }
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        for (file, text, line) in [
            ("a.yaml", "a: 1\nb: c: d", 2),
            ("a.json", "{\n\"a\": }", 2),
            ("a.json", "{}\n{}", 2),
            ("a.toml", "a = 1\nb = ", 2),
            ("a.csv", "a,b\n1,2\n1,2,3\n", 3),
        ] {
            let error = Format::of(file).unwrap().read(file, text, &mut Vec::new()).unwrap_err();
            assert_eq!(error.place.unwrap().line, line, "{file} {text:?}");
        }
    }
}
