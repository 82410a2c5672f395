//! `for` and `tablerow`.

use std::fmt::Write;
use std::sync::Arc;

use super::{Flow, Rendered, Renderer, Running, Variable};
use crate::ast::{Expression, For, Offset, TableRow, Window};
use crate::error::{Fault, RenderError};
use crate::forloop::{Loop, Round};
use crate::limits::Limit;
use crate::value::{Items, Value};

/// The items that a loop goes over: from which, and how many.
struct Span<'v> {
    items: Items<'v>,
    from: usize,
    length: usize,
}

impl<'m: 'v, 'v> Renderer<'m, 'v> {
    /// Takes one round of a loop.
    pub(super) fn round(&mut self, offset: u32) -> Result<(), Box<RenderError>> {
        match self.rounds.checked_sub(1) {
            Some(left) => {
                self.rounds = left;
                Ok(())
            }
            None => Err(self.limit(offset, Limit::LoopRounds)),
        }
    }

    pub(super) fn run_loop(&mut self, offset: u32, kind: &'m For) -> Rendered {
        let list = self.expression(&kind.list)?;
        let span = self.span(offset, &list, &kind.window, &kind.name)?;
        if span.length == 0 {
            return match &kind.otherwise {
                Some(block) => self.block(block),
                None => Ok(Flow::Next),
            };
        }
        let (mark, running) = (self.locals.len(), self.loops.len());
        let round = Round { index: 0, length: span.length };
        self.loops.push(Running { round, name: &kind.name, shared: None });
        let forloop = Variable::new("forloop", Value::Nil);
        self.locals.push(Variable { running: Some(running), ..forloop });
        self.locals.push(Variable::new(&kind.variable, Value::Nil));
        for index in 0..span.length {
            self.round(offset)?;
            let place = if kind.reversed { span.length - 1 - index } else { index };
            self.begin_round(running, index);
            self.locals[mark + 1].value = span.items.get(span.from + place).unwrap_or_default();
            if self.block(&kind.body)? == Flow::Break {
                break;
            }
        }
        self.locals.truncate(mark);
        self.loops.truncate(running);
        Ok(Flow::Next)
    }

    fn begin_round(&mut self, running: usize, index: usize) {
        let running = &mut self.loops[running];
        running.round.index = index;
        if let Some(shared) = &running.shared {
            shared.set_round(index);
        }
    }

    /// The loop `running` as a value.
    pub(super) fn shared_loop(&mut self, running: usize) -> Arc<Loop> {
        if let Some(shared) = &self.loops[running].shared {
            return Arc::clone(shared);
        }
        let outer = running.checked_sub(1).filter(|outer| *outer >= self.loops_hidden);
        let parent = outer.map(|outer| self.shared_loop(outer));
        let Running { round, name, .. } = &self.loops[running];
        let shared = Arc::new(Loop::new(round.length, Arc::clone(name), parent));
        shared.set_round(round.index);
        self.loops[running].shared = Some(Arc::clone(&shared));
        shared
    }

    /// The items of `list` within `window`; where they end is noted under `name`.
    fn span(
        &mut self,
        offset: u32,
        list: &Value<'v>,
        window: &'m Window,
        name: &Arc<str>,
    ) -> Result<Span<'v>, Box<RenderError>> {
        if let Value::Object(_) | Value::Map(_) = list {
            self.work(offset, list)?;
        }
        // They are looked for one after the other.
        self.spend(offset, self.ended.len().saturating_mul(size_of::<Arc<str>>()))?;
        let ended = self.ended.iter().position(|(own, _)| own == name);
        let from = match &window.offset {
            None => 0,
            Some(Offset::Continue) => ended.map_or(0, |index| self.ended[index].1),
            Some(Offset::At(expression)) => self.whole_number(offset, expression)?.unwrap_or(0),
        };
        let limit = match &window.limit {
            None => None,
            Some(expression) => self.whole_number(offset, expression)?,
        };
        let most = limit.map_or(usize::MAX, |limit| from.saturating_add(limit));
        let items = list.for_items_to(most);
        let from = from.min(items.len());
        let left = items.len() - from;
        let length = limit.map_or(left, |limit| limit.min(left));
        match ended {
            Some(index) => self.ended[index].1 = from + length,
            None => self.ended.push((Arc::clone(name), from + length)),
        }
        Ok(Span { items, from, length })
    }

    /// The value of an argument that must be a whole number; nothing where it is nil. Below 0 is 0.
    fn whole_number(
        &mut self,
        offset: u32,
        expression: &'m Expression,
    ) -> Result<Option<usize>, Box<RenderError>> {
        let value = self.expression(expression)?;
        let number = match &value {
            Value::Nil => return Ok(None),
            Value::Int(number) => Some(*number),
            #[expect(clippy::cast_possible_truncation, reason = "saturates")]
            Value::Float(number) => Some(*number as i64),
            other => other.as_str().and_then(|text| text.trim().parse().ok()),
        };
        match number {
            Some(number) => Ok(Some(usize::try_from(number).unwrap_or(0))),
            None => Err(self.fault(
                offset,
                Fault::Argument {
                    name: "for".to_owned(),
                    message: format!("{} is given where a whole number belongs", value.kind()),
                },
            )),
        }
    }

    pub(super) fn table(&mut self, offset: u32, table: &'m TableRow) -> Rendered {
        let list = self.expression(&table.list)?;
        if list.is_nil() {
            return Ok(Flow::Next);
        }
        let span = self.span(offset, &list, &table.window, &table.name)?;
        let columns = match &table.columns {
            None => span.length,
            Some(expression) => self.whole_number(offset, expression)?.unwrap_or(span.length),
        };
        let row = Arc::new(Loop::of_table(span.length, Arc::clone(&table.name), columns));
        let mark = self.locals.len();
        let value = Value::Loop(Arc::clone(&row));
        self.locals.push(Variable::new("tablerowloop", value));
        self.locals.push(Variable::new(&table.variable, Value::Nil));
        self.out.push_str("<tr class=\"row1\">\n");
        for index in 0..span.length {
            self.round(offset)?;
            row.set_round(index);
            self.locals[mark + 1].value = span.items.get(span.from + index).unwrap_or_default();
            if self.cell(table, columns.max(1), index, span.length)? == Flow::Break {
                break;
            }
        }
        self.out.push_str("</tr>\n");
        self.locals.truncate(mark);
        self.check_output(offset)?;
        Ok(Flow::Next)
    }

    /// Writes the cell `index` of `cells` in so many columns.
    fn cell(
        &mut self,
        table: &'m TableRow,
        columns: usize,
        index: usize,
        cells: usize,
    ) -> Rendered {
        let column = index % columns;
        // A string takes whatever is written.
        let _ = write!(self.out, "<td class=\"col{}\">", column + 1);
        let flow = self.block(&table.body)?;
        self.out.push_str("</td>");
        if flow != Flow::Break && column + 1 == columns && index + 1 < cells {
            let _ = write!(self.out, "</tr>\n<tr class=\"row{}\">", index / columns + 2);
        }
        Ok(flow)
    }
}
