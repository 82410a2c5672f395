//! `include` and `render`.

use super::cursor::Cursor;
use super::{Parsed, Parser};
use crate::ast::{Bound, Expression, Filtered, NodeKind, Partial, PartialName};
use crate::error::SyntaxError;
use crate::scan::Span;

impl<'t> Parser<'_, 't> {
    /// `{% include 'name' with value as alias, a: b %}`, or Jekyll's `{% include name.html a=b %}`.
    pub(super) fn include(
        &mut self,
        name: &str,
        offset: usize,
        markup: Span<'t>,
    ) -> Parsed<NodeKind> {
        let tag = if name == "include_cached" { "include_cached" } else { "include" };
        Ok(NodeKind::Include(Box::new(self.partial(tag, offset, markup)?)))
    }

    pub(super) fn render(&mut self, offset: usize, markup: Span<'t>) -> Parsed<NodeKind> {
        Ok(NodeKind::Render(Box::new(self.partial("render", offset, markup)?)))
    }

    fn partial(&mut self, tag: &'static str, offset: usize, markup: Span<'t>) -> Parsed<Partial> {
        let mut cursor = Cursor::new(markup);
        let name = self.partial_name(tag, offset, &mut cursor)?;
        let bound = if cursor.eat_word("with") {
            Some((Bound::With, self.expression(&mut cursor)?))
        } else if cursor.eat_word("for") {
            Some((Bound::For, self.expression(&mut cursor)?))
        } else {
            None
        };
        let alias = if cursor.eat_word("as") {
            cursor.skip();
            let at = cursor.offset();
            let name = cursor.identifier();
            Some(name.ok_or_else(|| SyntaxError::new("a name belongs behind `as`", at))?.into())
        } else {
            None
        };
        let (mut arguments, mut parameters) = (Vec::new(), Vec::new());
        loop {
            cursor.eat(',');
            if let Some(name) = cursor.argument_name('=') {
                parameters.push((name.into(), self.expression(&mut cursor)?));
            } else if let Some(name) = cursor.argument_name(':') {
                arguments.push((name.into(), self.expression(&mut cursor)?));
            } else {
                break;
            }
        }
        cursor.end()?;
        let (arguments, parameters) = (arguments.into(), parameters.into());
        Ok(Partial { name, bound, alias, arguments, parameters })
    }

    fn partial_name(
        &mut self,
        tag: &str,
        offset: usize,
        cursor: &mut Cursor<'t>,
    ) -> Parsed<PartialName> {
        cursor.skip();
        let at = cursor.offset();
        match cursor.peek() {
            None => Err(SyntaxError::new(format!("`{tag}` names a template"), offset)),
            Some('"' | '\'') => {
                let name = cursor.quoted()?;
                self.known(name, at)?;
                Ok(PartialName::Fixed(name.into()))
            }
            Some('{') if tag != "render" => self.braced_name(cursor),
            Some(_) => self.bare_name(tag, cursor, at),
        }
    }

    /// `{{ page.part }}`, as Jekyll has it.
    fn braced_name(&mut self, cursor: &mut Cursor<'t>) -> Parsed<PartialName> {
        let rest = cursor.rest();
        let inner = rest.text.strip_prefix("{{").and_then(|inner| inner.split_once("}}"));
        let Some((inner, _)) = inner else {
            return Err(SyntaxError::new("no `}}` closes this", rest.offset));
        };
        let filtered = self.whole(Span { text: inner, offset: rest.offset + 2 })?;
        cursor.eat_text(&rest.text[..inner.len() + 4]);
        Ok(PartialName::Computed(filtered, inner.trim().into()))
    }

    /// A name without quotes: that of a template where there is one, or it looks like a file's; else, for
    /// `include`, of a variable.
    fn bare_name(&mut self, tag: &str, cursor: &mut Cursor<'t>, at: usize) -> Parsed<PartialName> {
        let rest = cursor.rest();
        let ends = |c: char| c.is_whitespace() || c == ',';
        let name = rest.text.split(ends).next().unwrap_or_default();
        let is_template = self.language.partials().is_some_and(|known| known.contains(name));
        let mark = cursor.mark();
        if tag != "render" && !is_template && !name.contains('/') {
            // A variable, such as `snippet` or `page.part`; else Jekyll's `name.html`.
            let mut trial = cursor.clone();
            if let Ok(value @ Expression::Path(_)) = self.expression(&mut trial) {
                let is_file = name.rsplit_once('.').is_some_and(|(_, end)| FILES.contains(&end));
                if !is_file {
                    *cursor = trial;
                    let filtered = Filtered { value, filters: Box::default(), remembered: None };
                    return Ok(PartialName::Computed(filtered, name.into()));
                }
            }
        }
        cursor.reset(mark);
        cursor.eat_text(name);
        self.known(name, at)?;
        Ok(PartialName::Fixed(name.into()))
    }

    /// Whether there is a template `name`, where that is known.
    fn known(&self, name: &str, offset: usize) -> Parsed<()> {
        match self.language.partials() {
            Some(known) if !known.contains(name) => {
                let error = SyntaxError::new(format!("no template is named `{name}`"), offset);
                Err(error.near(name, known.iter().map(String::as_str)))
            }
            _ => Ok(()),
        }
    }
}

/// What the names of partials end in, where they are written as files.
const FILES: &[&str] = &["html", "liquid", "md", "svg", "xml", "txt", "json", "css", "js"];
