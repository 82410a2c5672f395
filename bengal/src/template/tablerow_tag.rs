//! `tablerow`, as bengal has it: over lists in place, as [`super::for_tag`] is.

use std::io::Write;

use liquid_core::model::ValueView;
use liquid_core::runtime::{Interrupt, InterruptRegister, Renderable, Runtime, Template};
use liquid_core::{
    BlockReflection, Expression, Language, ParseBlock, Result, TagBlock, TagTokenIter,
};

use super::budget::Budget;
use super::capture_tag::write;
use super::for_tag::{ForLoop, List, after_colon, count, head};
use super::scope::Frame;
use super::views::{Fields, object};

/// `{% tablerow x in list cols: n limit: n offset: n %}…{% endtablerow %}`.
#[derive(Clone, Debug)]
pub(super) struct TableRowBlock;

impl BlockReflection for TableRowBlock {
    fn start_tag(&self) -> &str {
        "tablerow"
    }

    fn end_tag(&self) -> &str {
        "endtablerow"
    }

    fn description(&self) -> &str {
        "Renders its body for each item of a list, in the cells of a table."
    }
}

impl ParseBlock for TableRowBlock {
    fn parse(
        &self,
        mut arguments: TagTokenIter<'_>,
        mut tokens: TagBlock<'_, '_>,
        options: &Language,
    ) -> Result<Box<dyn Renderable>> {
        let (variable, list) = head(&mut arguments)?;
        let shape = modifiers(&mut arguments)?;
        let body = Template::new(tokens.parse_all(options)?);
        tokens.assert_empty();
        Ok(Box::new(TableRow { variable, list, shape, body }))
    }

    fn reflection(&self) -> &dyn BlockReflection {
        self
    }
}

fn modifiers(arguments: &mut TagTokenIter<'_>) -> Result<Shape> {
    let mut shape = Shape::default();
    while let Some(token) = arguments.next() {
        let target = match token.as_str() {
            "," => continue,
            "cols" => &mut shape.cols,
            "limit" => &mut shape.limit,
            "offset" => &mut shape.offset,
            _ => {
                let message = "`cols:`, `limit:` or `offset:` belongs here";
                return Err(token.raise_custom_error(message));
            }
        };
        *target = Some(after_colon(arguments)?);
    }
    Ok(shape)
}

#[derive(Debug, Default)]
struct Shape {
    cols: Option<Expression>,
    limit: Option<Expression>,
    offset: Option<Expression>,
}

#[derive(Debug)]
struct TableRow {
    variable: String,
    list: List,
    shape: Shape,
    body: Template,
}

impl Renderable for TableRow {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        let held = self.list.evaluate(runtime)?;
        let items = held.items();
        let part = (self.shape.offset.as_ref(), self.shape.limit.as_ref());
        let (offset, length) = items.part(part, runtime)?;
        let cols = count(self.shape.cols.as_ref(), runtime)?.unwrap_or(length).max(1);
        let budget = Budget::of(runtime);
        // Line ends as Shopify's has them.
        write(writer, "<tr class=\"row1\">\n")?;
        for index in 0..length {
            budget.round()?;
            let state = TableRowLoop::new(index, length, cols);
            let item = items.get(offset + index);
            let names: [(&str, &dyn ValueView); 2] =
                [(&self.variable, item.as_view()), ("tablerowloop", &state)];
            write(writer, &format!("<td class=\"col{}\">", state.col))?;
            self.body.render_to(writer, &Frame::open(runtime, &names))?;
            write(writer, "</td>")?;
            let interrupt = runtime.registers().get_mut::<InterruptRegister>().reset();
            if matches!(interrupt, Some(Interrupt::Break)) {
                break;
            }
            if state.col_last && !state.around.last {
                write(writer, &format!("</tr>\n<tr class=\"row{}\">", state.row + 1))?;
            }
        }
        write(writer, "</tr>\n")
    }
}

/// `tablerowloop`, within a table.
#[derive(Debug)]
struct TableRowLoop {
    around: ForLoop<'static>,
    row: i64,
    col: i64,
    col0: i64,
    col_first: bool,
    col_last: bool,
}

impl TableRowLoop {
    fn new(index: usize, length: usize, cols: usize) -> Self {
        let figure = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let col0 = index % cols;
        Self {
            around: ForLoop::new(index, length, None),
            row: figure(index / cols + 1),
            col: figure(col0 + 1),
            col0: figure(col0),
            col_first: col0 == 0,
            col_last: col0 + 1 == cols,
        }
    }
}

impl Fields for TableRowLoop {
    fn field(&self, name: &str) -> Option<&dyn ValueView> {
        Some(match name {
            "row" => &self.row,
            "col" => &self.col,
            "col0" => &self.col0,
            "col_first" => &self.col_first,
            "col_last" => &self.col_last,
            _ => return self.around.field(name),
        })
    }

    fn names(&self) -> Vec<&str> {
        let mut names = self.around.names();
        names.extend(["row", "col", "col0", "col_first", "col_last"]);
        names
    }
}
object!(TableRowLoop);
