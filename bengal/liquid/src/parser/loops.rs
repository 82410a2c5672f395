//! `for` and `tablerow`.

use std::sync::Arc;

use super::cursor::Cursor;
use super::{Parsed, Parser};
use crate::ast::{Block, Expression, For, NodeKind, Offset, TableRow, Window};
use crate::error::SyntaxError;
use crate::scan::Span;

impl<'t> Parser<'_, 't> {
    pub(super) fn for_loop(&mut self, offset: usize, markup: Span<'t>) -> Parsed<(NodeKind, bool)> {
        let head = self.head("for", markup);
        let head = self.noted(head);
        let (body, end) = self.part("for", offset, &["else"])?;
        let mut otherwise = None;
        let mut end = end;
        // Of several `else` the last one counts.
        while end.is_some() {
            let (nodes, next) = self.part("for", offset, &["else"])?;
            otherwise = Some(nodes);
            end = next;
        }
        let blank = body.blank && otherwise.as_ref().is_none_or(|nodes| nodes.blank);
        let (body, otherwise) =
            (body.block_of(blank), otherwise.map(|nodes| nodes.block_of(blank)));
        let Some(Head { variable, list, name, window, reversed, columns }) = head else {
            return Ok((NodeKind::Break, blank));
        };
        if columns.is_some() {
            return Err(SyntaxError::new("`for` has no `cols`", markup.offset));
        }
        let kind = For { variable, list, name, window, reversed, body, otherwise };
        Ok((NodeKind::For(Box::new(kind)), blank))
    }

    pub(super) fn table_row(
        &mut self,
        offset: usize,
        markup: Span<'t>,
    ) -> Parsed<(NodeKind, bool)> {
        let head = self.head("tablerow", markup);
        let head = self.noted(head);
        let body: Block = self.block("tablerow", offset)?.block();
        let Some(Head { variable, list, name, window, columns, .. }) = head else {
            return Ok((NodeKind::Break, false));
        };
        let kind = TableRow { variable, list, name, window, columns, body };
        Ok((NodeKind::TableRow(Box::new(kind)), false))
    }

    /// `x in list reversed limit: 3 offset: 2`.
    fn head(&mut self, tag: &str, markup: Span<'t>) -> Parsed<Head> {
        let wrong =
            |offset| SyntaxError::new(format!("`{tag}` is written `{tag} item in list`"), offset);
        let mut cursor = Cursor::new(markup);
        cursor.skip();
        let offset = cursor.offset();
        let variable = if cursor.peek() == Some('-') { None } else { cursor.word() };
        let variable = variable.ok_or_else(|| wrong(offset))?;
        if !cursor.eat_word("in") {
            return Err(wrong(offset));
        }
        cursor.skip();
        let start = cursor.mark();
        let list = self.expression(&mut cursor)?;
        let name = Arc::from(format!("{variable}-{}", cursor.since(start).trim()));
        let mut head = Head {
            variable: variable.into(),
            list,
            name,
            window: Window::default(),
            reversed: false,
            columns: None,
        };
        while self.loop_argument(tag, &mut cursor, &mut head)? {}
        cursor.end()?;
        Ok(head)
    }

    /// The next of a loop's arguments; false where there is none.
    fn loop_argument(
        &mut self,
        tag: &str,
        cursor: &mut Cursor<'t>,
        head: &mut Head,
    ) -> Parsed<bool> {
        cursor.eat(',');
        if cursor.eat_word("reversed") {
            head.reversed = true;
            return Ok(true);
        }
        cursor.skip();
        let offset = cursor.offset();
        let Some(name) = cursor.argument_name(':') else { return Ok(false) };
        match name {
            "limit" => head.window.limit = Some(self.expression(cursor)?),
            "offset" if cursor.eat_word("continue") => head.window.offset = Some(Offset::Continue),
            "offset" => head.window.offset = Some(Offset::At(self.expression(cursor)?)),
            "cols" => head.columns = Some(self.expression(cursor)?),
            other => {
                let error = SyntaxError::new(format!("`{tag}` has no argument `{other}`"), offset);
                return Err(error.near(other, ["limit", "offset", "cols"]));
            }
        }
        Ok(true)
    }
}

/// What a loop begins with.
struct Head {
    variable: Box<str>,
    list: Expression,
    name: Arc<str>,
    window: Window,
    reversed: bool,
    columns: Option<Expression>,
}
