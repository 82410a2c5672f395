//! Data files: YAML, JSON, TOML and CSV, each as one value.

use std::cell::RefCell;

use serde::de::DeserializeSeed;

use crate::content::fields::Fields;
use crate::diagnostic::{Code, Diagnostic, Place};
use crate::value::{Map, Value, ValueSeed};

/// Reads the data file `file`, whose text is `text`. `None` for a kind of file that is no data.
///
/// # Errors
/// When it is not what its name says.
pub fn read(
    file: &str,
    text: &str,
    reports: &mut Vec<Diagnostic>,
) -> Result<Option<Value>, Diagnostic> {
    let extension = file.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension.to_ascii_lowercase().as_str() {
        "yaml" | "yml" => yaml(file, text, reports).map(Some),
        "json" => json(file, text).map(Some),
        "toml" => toml(file, text).map(Some),
        "csv" => csv(file, text).map(Some),
        _ => Ok(None),
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
    let mut reader =
        csv::ReaderBuilder::new().from_reader(text.trim_start_matches('\u{feff}').as_bytes());
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
        read(file, text, &mut Vec::new()).unwrap().unwrap()
    }

    #[test]
    fn four_formats_give_the_same_values() {
        let yaml = value("a.yaml", "a: {n: 1, t: x}");
        assert_eq!(value("a.json", r#"{"a": {"n": 1, "t": "x"}}"#), yaml);
        assert_eq!(value("a.toml", "[a]\nn = 1\nt = 'x'"), yaml);
        let rows = value("a.csv", "\u{feff}n,t\n1,x\n");
        assert_eq!(rows, value("b.yaml", "[{n: '1', t: x}]"));
        assert_eq!(read("a.txt", "x", &mut Vec::new()), Ok(None));
        assert_eq!(value("d.toml", "d = 2024-01-02").as_map().unwrap().len(), 1);
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
            let error = read(file, text, &mut Vec::new()).unwrap_err();
            assert_eq!(error.place.unwrap().line, line, "{file} {text:?}");
        }
    }
}
