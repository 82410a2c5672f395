//! A source of pages: each row of a CSV file is one.
//!
//! Options: `file`, relative to the current directory (required); `section`, the folder that the pages are in
//! (`rows`). The column `name` is the page's file name, `body` its Markdown, and all others are its front
//! matter.

use bengal_plugin::{
    Error, Item, Items, Outbox, PerItem, Plugin, Purity, Registrar, Slot, Stage, Work, Workers,
};

struct CsvPages {
    file: String,
    section: String,
}

bengal_plugin::export!(CsvPages);

impl Plugin for CsvPages {
    fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
        let options = registrar.options();
        let file = options.text("file")?.ok_or("the option `file` names a CSV file")?.to_owned();
        let section = options.text("section")?.unwrap_or("rows").to_owned();
        registrar.stage(Self { file, section })
    }
}

impl Stage for CsvPages {
    fn name(&self) -> &str {
        "csv-pages"
    }

    fn slot(&self) -> Slot {
        Slot::before("parse")
    }

    fn items(&self) -> Items {
        Items::NONE
    }

    fn purity(&self) -> Purity {
        Purity::DeclaresInputs
    }

    fn workers(&self) -> Workers {
        Workers::One
    }

    fn start(&self) -> Work<'_> {
        Work::PerItem(Box::new(Reader(self)))
    }
}

struct Reader<'s>(&'s CsvPages);

impl PerItem for Reader<'_> {
    fn process(&mut self, _item: &mut Item<'_>, _out: &mut Outbox<'_>) -> Result<(), Error> {
        Ok(())
    }

    fn finish(&mut self, out: &mut Outbox<'_>) -> Result<(), Error> {
        let CsvPages { file, section } = self.0;
        let at = |error: &dyn std::fmt::Display| Error::new(format_args!("{file}: {error}"));
        let path = std::path::absolute(file).map_err(|error| at(&error))?;
        out.declare_input(&path.to_string_lossy())?;
        let mut reader = csv::Reader::from_path(file).map_err(|error| at(&error))?;
        let columns = reader.headers().map_err(|error| at(&error))?.clone();
        let mut count = 0;
        for row in reader.records() {
            let row = row.map_err(|error| at(&error))?;
            let (mut name, mut body) = (String::new(), "");
            let mut text = String::from("---\n");
            for (column, value) in columns.iter().zip(&row) {
                match column {
                    "name" => name = format!("{section}/{value}.md"),
                    "body" => body = value,
                    _ => text.push_str(&format!("{}: {}\n", quoted(column), quoted(value))),
                }
            }
            if name.is_empty() {
                return Err(at(&"it has no column `name`"));
            }
            text.push_str("---\n");
            text.push_str(body);
            out.emit_page(&name, &text)?;
            count += 1;
        }
        out.debug(&format!("{count} pages from {file}"));
        Ok(())
    }
}

/// `text` in quotes, as YAML has it: what would end a line or the text is escaped.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                quoted.push_str(&format!("\\U{:08x}", u32::from(c)));
            }
            c => quoted.push(c),
        }
    }
    quoted + "\""
}
