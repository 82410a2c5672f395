//! The standard tags.

use std::sync::Arc;

use super::cursor::Cursor;
use super::{Nodes, Parsed, Parser};
use crate::ast::{
    Arguments, Block, Branch, Case, Condition, Cycle, Expression, HostTag, Markup, NodeKind,
    Remembered, Step, When,
};
use crate::error::SyntaxError;
use crate::scan::{Span, Token, Tokens};
use crate::tag::{Body, Syntax, Tag};

/// The names of the standard tags.
pub(crate) const TAGS: &[&str] = &[
    "assign",
    "break",
    "capture",
    "case",
    "comment",
    "continue",
    "cycle",
    "decrement",
    "doc",
    "echo",
    "for",
    "if",
    "ifchanged",
    "include",
    "include_cached",
    "include_relative",
    "increment",
    "liquid",
    "raw",
    "render",
    "tablerow",
    "unless",
];

/// Whether a tag of that name ends some block, or begins a part of one.
pub(super) fn is_end(name: &str) -> bool {
    name.starts_with("end") || matches!(name, "else" | "elsif" | "when")
}

impl<'t> Parser<'_, 't> {
    pub(super) fn tag(
        &mut self,
        nodes: &mut Nodes,
        offset: usize,
        tag: Span<'t>,
        markup: Span<'t>,
    ) -> Parsed<()> {
        let name = tag.text;
        if let Some(tag) = self.language.tag(name).map(Arc::clone) {
            let kind = self.host(tag, offset, markup)?;
            nodes.push(offset, kind, false);
            return Ok(());
        }
        let (kind, blank) = match name {
            "#" => return inline_comment(markup),
            "assign" => (self.assign(markup)?, true),
            "break" => (NodeKind::Break, false),
            "capture" => (self.capture(offset, markup)?, true),
            "case" => self.case(offset, markup)?,
            "comment" => return self.comment(offset),
            "continue" => (NodeKind::Continue, false),
            "cycle" => (self.cycle(markup)?, false),
            "decrement" => (NodeKind::Count(counter(markup)?.into(), Step::Down), false),
            "doc" => return self.doc(offset, markup),
            "echo" => match self.output(markup)? {
                Some(filtered) => (NodeKind::Output(filtered), false),
                None => return Ok(()),
            },
            "for" => self.for_loop(offset, markup)?,
            "if" | "unless" => self.choice(name, offset, markup)?,
            "ifchanged" => {
                let body = self.block(name, offset)?;
                let blank = body.blank;
                (NodeKind::IfChanged(body.block()), blank)
            }
            "include" | "include_cached" | "include_relative" => {
                (self.include(name, offset, markup)?, false)
            }
            "increment" => (NodeKind::Count(counter(markup)?.into(), Step::Up), false),
            "liquid" => self.lines(markup),
            "raw" => self.raw(offset)?,
            "render" => (self.render(offset, markup)?, false),
            "tablerow" => self.table_row(offset, markup)?,
            _ => return Err(self.unknown(name, tag.offset)),
        };
        nodes.push(offset, kind, blank);
        Ok(())
    }

    fn unknown(&self, name: &str, offset: usize) -> SyntaxError {
        let message = match name {
            "" => "a tag's name belongs here".to_owned(),
            name => format!("no tag is named `{name}`"),
        };
        SyntaxError::new(message, offset).near(name, self.language.tag_names())
    }

    fn assign(&mut self, markup: Span<'t>) -> Parsed<NodeKind> {
        let mut cursor = Cursor::new(markup);
        cursor.skip();
        let offset = cursor.offset();
        let name = if cursor.peek() == Some('-') { None } else { cursor.word() };
        match name {
            Some(name) if cursor.eat('=') => {
                let mut value = self.whole(cursor.rest())?;
                if value.filters.is_empty() {
                    // So that it is known later what the variable stands for.
                    value.remembered = Some(Remembered { id: self.language.next_id() });
                }
                Ok(NodeKind::Assign(name.into(), value))
            }
            _ => Err(SyntaxError::new("`assign` is written `assign name = value`", offset)),
        }
    }

    fn capture(&mut self, offset: usize, markup: Span<'t>) -> Parsed<NodeKind> {
        let mut cursor = Cursor::new(markup);
        let name = match cursor.peek() {
            Some('"' | '\'') => Some(cursor.quoted()?),
            Some('-') | None => None,
            Some(_) => {
                cursor.skip();
                cursor.word()
            }
        };
        let body = self.block("capture", offset)?.block();
        let missing = || SyntaxError::new("`capture` is written `capture name`", markup.offset);
        let name = name.ok_or_else(missing)?;
        cursor.end()?;
        Ok(NodeKind::Capture(name.into(), body))
    }

    fn choice(
        &mut self,
        name: &'t str,
        offset: usize,
        markup: Span<'t>,
    ) -> Parsed<(NodeKind, bool)> {
        let first = self.condition(markup);
        let mut condition = self.noted(first);
        if let Some(condition) = &mut condition {
            condition.negated = name == "unless";
        }
        let mut parts: Vec<(Option<Condition>, Nodes)> = Vec::new();
        // What follows an `else` is read and never rendered.
        let (mut over, mut between) = (false, 0);
        loop {
            let (nodes, end) = self.part(name, offset, &["elsif", "else"])?;
            if !over {
                over = condition.is_none();
                parts.push((condition.take(), nodes));
            }
            match end {
                None => break,
                Some(end) if end.name == "elsif" && !over => {
                    between += end.markup.text.len();
                    let next = self.condition(end.markup);
                    condition = self.noted(next);
                }
                Some(_) => {}
            }
        }
        self.between = between;
        let blank = parts.iter().all(|(_, nodes)| nodes.blank);
        let branch = |(condition, nodes): (Option<Condition>, Nodes)| Branch {
            condition,
            block: nodes.block_of(blank),
        };
        Ok((NodeKind::If(parts.into_iter().map(branch).collect()), blank))
    }

    fn case(&mut self, offset: usize, markup: Span<'t>) -> Parsed<(NodeKind, bool)> {
        let mut cursor = Cursor::new(markup);
        let subject = self.expression(&mut cursor).and_then(|subject| {
            cursor.end()?;
            Ok(subject)
        });
        let subject = self.noted(subject);
        // What stands before the first `when` is left out.
        let (_, mut end) = self.part("case", offset, &["when", "else"])?;
        let (mut parts, mut between) = (Vec::new(), 0);
        while let Some(begun) = end {
            between += begun.markup.text.len();
            let values = match begun.name {
                "when" => {
                    let values = self.when(begun.markup);
                    self.noted(values)
                }
                _ => None,
            };
            let (nodes, next) = self.part("case", offset, &["when", "else"])?;
            parts.push((values, nodes));
            end = next;
        }
        self.between = between;
        let blank = parts.iter().all(|(_, nodes)| nodes.blank);
        let part = |(values, nodes): (Option<Box<[Expression]>>, Nodes)| When {
            values,
            block: nodes.block_of(blank),
        };
        let parts = parts.into_iter().map(part).collect();
        let subject = subject.unwrap_or(Expression::Literal(crate::ast::Literal::Nil));
        Ok((NodeKind::Case(Box::new(Case { subject, parts })), blank))
    }

    /// `a, b or c`. As in Ruby's Liquid, what follows without a comma or `or` means nothing.
    fn when(&mut self, markup: Span<'t>) -> Parsed<Box<[Expression]>> {
        let mut cursor = Cursor::new(markup);
        let mut values = vec![self.expression(&mut cursor)?];
        while cursor.eat(',') || cursor.eat_word("or") {
            values.push(self.expression(&mut cursor)?);
        }
        Ok(values.into())
    }

    fn comment(&mut self, offset: usize) -> Parsed<()> {
        // Comments within it are closed by ends of their own, and so is what stands raw in it.
        let mut open = 1;
        while open > 0 {
            match self.tokens.next()? {
                Some((_, Token::Tag(Span { text: "comment", .. }, _))) => open += 1,
                Some((_, Token::Tag(Span { text: "endcomment", .. }, _))) => open -= 1,
                Some((at, Token::Tag(Span { text: "raw", .. }, _))) => drop(self.raw(at)?),
                Some(_) => {}
                None => return Err(SyntaxError::new("no `endcomment` closes this", offset)),
            }
        }
        Ok(())
    }

    fn doc(&mut self, offset: usize, markup: Span<'t>) -> Parsed<()> {
        self.raw_text("doc", offset)?;
        if !markup.text.is_empty() {
            return Err(SyntaxError::new("`doc` takes no arguments", markup.offset));
        }
        Ok(())
    }

    fn raw(&mut self, offset: usize) -> Parsed<(NodeKind, bool)> {
        let text = self.raw_text("raw", offset)?;
        Ok((NodeKind::Text(text.into()), text.is_empty()))
    }

    /// The text up to the end tag of the tag `name`, which stands at `offset`; without one, all that is
    /// left belongs to it.
    fn raw_text(&mut self, name: &str, offset: usize) -> Parsed<&'t str> {
        self.tokens.raw(name).ok_or_else(|| {
            self.tokens = Tokens::new("");
            SyntaxError::new(format!("no `end{name}` closes this"), offset)
        })
    }

    fn cycle(&mut self, markup: Span<'t>) -> Parsed<NodeKind> {
        let mut cursor = Cursor::new(markup);
        let first = self.expression(&mut cursor)?;
        let mut values = Vec::new();
        let name = if cursor.eat(':') {
            Some(first)
        } else {
            values.push(first);
            None
        };
        if name.is_some() && !cursor.at_end() {
            values.push(self.expression(&mut cursor)?);
        }
        while cursor.eat(',') && !cursor.at_end() {
            values.push(self.expression(&mut cursor)?);
        }
        cursor.end()?;
        let written = Arc::from(markup.text);
        Ok(NodeKind::Cycle(Box::new(Cycle { name, values: values.into(), written })))
    }

    /// The tags of a `liquid` tag, one on each line.
    fn lines(&mut self, markup: Span<'t>) -> (NodeKind, bool) {
        let outer = std::mem::replace(&mut self.tokens, Tokens::Lines(markup));
        let mut nodes = Nodes::new();
        while let Some((offset, end)) = self.until(&mut nodes, &[]) {
            let message = format!("`{}` closes nothing here", end.name);
            self.note(SyntaxError::new(message, offset));
        }
        self.tokens = outer;
        let blank = nodes.blank;
        (NodeKind::Group(nodes.block()), blank)
    }

    fn host(&mut self, tag: Arc<dyn Tag>, offset: usize, markup: Span<'t>) -> Parsed<NodeKind> {
        let read = match tag.syntax() {
            Syntax::Text => self.text(markup).map(Markup::Text),
            Syntax::Arguments if markup.text.is_empty() => {
                Ok(Markup::Arguments(Arguments::default()))
            }
            Syntax::Arguments => {
                let mut cursor = Cursor::new(markup);
                self.arguments(&mut cursor).and_then(|arguments| {
                    cursor.end()?;
                    Ok(Markup::Arguments(arguments))
                })
            }
        };
        let body = match tag.body() {
            Body::None => None,
            Body::Rendered => Some(self.block(tag.name(), offset)?.block()),
            Body::Raw => {
                let text = self.raw_text(tag.name(), offset)?;
                let mut nodes = Nodes::new();
                nodes.push(offset, NodeKind::Text(text.into()), false);
                Some(nodes.block())
            }
        };
        Ok(NodeKind::Host(Box::new(HostTag { tag, markup: read?, body })))
    }

    /// Text with outputs in it.
    pub(super) fn text(&mut self, markup: Span<'t>) -> Parsed<Block> {
        let mut nodes = Nodes::new();
        let mut rest = markup;
        while let Some(start) = rest.text.find("{{") {
            let inner = rest.from(start + 2);
            let Some(length) = inner.text.find("}}") else { break };
            let before = &rest.text[..start];
            nodes.push(rest.offset, NodeKind::Text(before.into()), false);
            let span = Span { text: &inner.text[..length], offset: inner.offset };
            if let Some(filtered) = self.output(span)? {
                nodes.push(span.offset, NodeKind::Output(filtered), false);
            }
            rest = inner.from(length + 2);
        }
        nodes.push(rest.offset, NodeKind::Text(rest.text.into()), false);
        Ok(nodes.block())
    }
}

/// Each line of an inline comment begins with `#`.
fn inline_comment(markup: Span<'_>) -> Parsed<()> {
    let mut rest = markup;
    while let Some(end) = rest.text.find('\n') {
        rest = rest.from(end + 1);
        let line = rest.trim();
        if !line.text.is_empty() && !line.text.starts_with('#') {
            let message = "each line of an inline comment begins with `#`";
            return Err(SyntaxError::new(message, line.offset));
        }
    }
    Ok(())
}

/// The name of a counter.
fn counter(markup: Span<'_>) -> Parsed<&str> {
    let mut cursor = Cursor::new(markup);
    cursor.skip();
    let offset = cursor.offset();
    let name =
        cursor.identifier().ok_or_else(|| SyntaxError::new("a name belongs here", offset))?;
    cursor.end()?;
    Ok(name)
}
