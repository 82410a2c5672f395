//! Tables as plain rows, and the forms they are printed in.
//!
//! **Invariant:** all forms are of the same rows: people see each cell's text, programs its value.

use serde_json::{Map, Value, json};

/// What stands in a column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// What programs call it: the name of the figure, with its unit.
    pub key: &'static str,
    /// What people read above it.
    pub head: &'static str,
    /// On which side its texts stand.
    pub side: Side,
}

/// The side of a column on which its texts stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// For words.
    Left,
    /// For numbers.
    Right,
    /// On none: only programs see the column.
    Hidden,
}

/// A column of words.
pub const fn words(key: &'static str, head: &'static str) -> Column {
    Column { key, head, side: Side::Left }
}

/// A column of numbers.
pub const fn numbers(key: &'static str, head: &'static str) -> Column {
    Column { key, head, side: Side::Right }
}

/// A column that only programs see.
pub const fn data(key: &'static str) -> Column {
    Column { key, head: "", side: Side::Hidden }
}

impl Column {
    /// Whether people see it.
    pub fn is_shown(self) -> bool {
        self.side != Side::Hidden
    }
}

/// One cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell {
    /// What people see.
    pub text: String,
    /// What programs read; `null` where there is no figure.
    pub value: Value,
    /// How it is meant.
    pub tone: Tone,
}

/// How a cell is meant, which a terminal shows in colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// As it stands.
    #[default]
    Plain,
    /// Of little weight.
    Faint,
    /// Better than before.
    Good,
    /// Worse than before.
    Bad,
    /// What to look at first.
    Strong,
}

impl Cell {
    /// A cell of `text`, and what programs read of it.
    pub fn new(text: impl Into<String>, value: impl Into<Value>) -> Self {
        Self { text: text.into(), value: value.into(), tone: Tone::Plain }
    }

    /// A cell of words.
    pub fn words(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { value: Value::String(text.clone()), text, tone: Tone::Plain }
    }

    /// A cell without a figure.
    pub fn none() -> Self {
        Self { text: "-".to_owned(), value: Value::Null, tone: Tone::Faint }
    }

    /// A cell of a number as `show` shows it.
    pub fn number<N: Copy + Into<Value>>(
        number: Option<N>,
        show: impl FnOnce(N) -> String,
    ) -> Self {
        number.map_or_else(Self::none, |number| Self::new(show(number), number))
    }

    /// The same, meant so.
    #[must_use]
    pub fn toned(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }
}

/// Rows of cells under columns.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, each with a cell for each column.
    pub rows: Vec<Vec<Cell>>,
}

/// How a row of a table is printed for people: text, and the tone of the whole.
type Paint<'a> = &'a dyn Fn(Tone, &str) -> String;

impl Table {
    /// A table without rows.
    pub fn new(columns: &[Column]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Lines of aligned columns for a terminal; `paint` colours a cell's text. Texts that could steer a
    /// terminal are the caller's to mend.
    pub fn text(&self, paint: Paint<'_>) -> String {
        let widths = self.widths();
        let heads = self.columns.iter().map(|column| (Tone::Plain, column.head));
        let mut text = self.line(heads, &widths, &|_, text| text.to_owned());
        for row in &self.rows {
            let cells = row.iter().map(|cell| (cell.tone, cell.text.as_str()));
            text.push_str(&self.line(cells, &widths, paint));
        }
        text
    }

    /// The texts of all cells that people see.
    pub fn shown(&self) -> impl Iterator<Item = &str> {
        let cells = self.rows.iter().flat_map(|row| row.iter().zip(&self.columns));
        cells.filter(|(_, column)| column.is_shown()).map(|(cell, _)| cell.text.as_str())
    }

    /// Hides columns until a line has at most `width` characters: those of the keys in `order`, the first
    /// before the others. Gives the heads of those that it hid.
    pub fn fit(&mut self, width: usize, order: &[&str]) -> Vec<&'static str> {
        let mut hidden = Vec::new();
        for key in order {
            if self.line_width() <= width {
                break;
            }
            let shown =
                self.columns.iter_mut().find(|column| column.key == *key && column.is_shown());
            if let Some(column) = shown {
                column.side = Side::Hidden;
                hidden.push(column.head);
            }
        }
        hidden
    }

    /// The characters of a line.
    fn line_width(&self) -> usize {
        let widths = self.widths();
        let shown = self.columns.iter().zip(widths).filter(|(column, _)| column.is_shown());
        shown.map(|(_, width)| width + 2).sum::<usize>().saturating_sub(2)
    }

    /// The width of each column, in characters.
    pub fn widths(&self) -> Vec<usize> {
        let widest = |(index, column): (usize, &Column)| {
            let cells = self.rows.iter().map(|row| width(&row[index].text));
            cells.chain([width(column.head)]).max().unwrap_or(0)
        };
        self.columns.iter().enumerate().map(widest).collect()
    }

    fn line<'a>(
        &self,
        cells: impl Iterator<Item = (Tone, &'a str)>,
        widths: &[usize],
        paint: Paint<'_>,
    ) -> String {
        let mut line = String::new();
        for (index, ((tone, text), column)) in cells.zip(&self.columns).enumerate() {
            let space = " ".repeat(widths[index].saturating_sub(width(text)));
            let between = if line.is_empty() { "" } else { "  " };
            let painted = paint(tone, text);
            match column.side {
                Side::Left => line.push_str(&format!("{between}{painted}{space}")),
                Side::Right => line.push_str(&format!("{between}{space}{painted}")),
                Side::Hidden => {}
            }
        }
        format!("{}\n", line.trim_end())
    }

    /// The rows as a table of Markdown.
    pub fn markdown(&self) -> String {
        let line = |cells: Vec<String>| {
            let shown = cells.iter().zip(&self.columns).filter(|(_, column)| column.is_shown());
            let cells: Vec<_> = shown.map(|(cell, _)| cell.as_str()).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let mut text = line(self.columns.iter().map(|column| escaped(column.head)).collect());
        let rule = |column: &Column| if column.side == Side::Right { "---:" } else { "---" };
        text.push_str(&line(self.columns.iter().map(|column| rule(column).to_owned()).collect()));
        for row in &self.rows {
            text.push_str(&line(row.iter().map(|cell| escaped(&cell.text)).collect()));
        }
        text
    }

    /// The values as comma-separated lines, as RFC 4180 says, but for the ends of lines, which are `\n`.
    pub fn csv(&self) -> String {
        let keys = self.columns.iter().map(|column| column.key.to_owned()).collect();
        let rows = self.rows.iter().map(|row| row.iter().map(|cell| bare(&cell.value)).collect());
        let mut writer = csv::Writer::from_writer(Vec::new());
        for line in std::iter::once::<Vec<String>>(keys).chain(rows) {
            writer
                .write_record(&line)
                .expect("all rows are as long, and memory takes what is written");
        }
        let bytes = writer.into_inner().expect("memory takes what is written");
        String::from_utf8(bytes).expect("what was written was text")
    }

    /// The rows as a list of objects.
    pub fn json(&self) -> Value {
        let object = |row: &Vec<Cell>| {
            let fields = self.columns.iter().zip(row);
            let fields = fields.map(|(column, cell)| (column.key.to_owned(), cell.value.clone()));
            Value::Object(fields.collect::<Map<_, _>>())
        };
        json!(self.rows.iter().map(object).collect::<Vec<_>>())
    }
}

/// The characters of `text`, which are taken to be as wide as one cell of a terminal each.
fn width(text: &str) -> usize {
    text.chars().count()
}

/// `text` as it stands in a cell of Markdown: nothing of it is markup, or ends the cell.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '\\' | '|' | '*' | '_' | '`' | '[' | ']' | '<' | '>' | '&' | '~' | '#' | '@' => {
                escaped.extend(['\\', c]);
            }
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A value as it stands in a line of CSV.
fn bare(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table =
            Table::new(&[words("name", "name"), data("id"), numbers("time_ms", "time")]);
        table.rows = vec![
            vec![Cell::words("a|b *c* ä"), Cell::words("x,\"y\""), Cell::new("1.5 s", 1500.5)],
            vec![Cell::none(), Cell::none(), Cell::none()],
        ];
        table
    }

    #[test]
    fn people_see_texts_in_columns() {
        let marked = table().text(&|tone, text| match tone {
            Tone::Faint => format!("<{text}>"),
            _ => text.to_owned(),
        });
        // What colours a text takes no room.
        assert_eq!(marked, "name        time\na|b *c* ä  1.5 s\n<->              <->\n");
    }

    #[test]
    fn nothing_in_a_cell_is_markup() {
        let lines = "| name | time |\n| --- | ---: |\n| a\\|b \\*c\\* ä | 1.5 s |\n| - | - |\n";
        assert_eq!(table().markdown(), lines);
    }

    #[test]
    fn programs_read_values_also_of_hidden_columns() {
        assert_eq!(table().csv(), "name,id,time_ms\na|b *c* ä,\"x,\"\"y\"\"\",1500.5\n,,\n");
        assert_eq!(
            table().json(),
            json!([
                {"name": "a|b *c* ä", "id": "x,\"y\"", "time_ms": 1500.5},
                {"name": null, "id": null, "time_ms": null},
            ])
        );
    }

    #[test]
    fn columns_go_until_the_rest_fits() {
        let mut narrow = table();
        assert_eq!(narrow.fit(16, &["time_ms", "name"]), [""; 0]);
        assert_eq!(narrow.fit(15, &["none", "id", "time_ms", "name"]), ["time"]);
        assert_eq!(narrow.text(&|_, text| text.to_owned()), "name\na|b *c* ä\n-\n");
        assert_eq!(narrow.shown().collect::<Vec<_>>(), ["a|b *c* ä", "-"]);
    }
}
