//! `include`, in its three forms, and `render`.

use super::cursor::Cursor;
use super::{Parsed, Parser};
use crate::ast::{Bound, Expression, Literal, NodeKind, Partial, PartialName, PartialPlace};
use crate::error::{Hint, SyntaxError, nearest};
use crate::scan::Span;

impl<'t> Parser<'_, 't> {
    /// `{% include 'name' with value as alias, a: b %}`, or Jekyll's `{% include name.html a=b %}`.
    pub(super) fn include(
        &mut self,
        name: &str,
        offset: usize,
        markup: Span<'t>,
    ) -> Parsed<NodeKind> {
        let (tag, place) = match name {
            "include_relative" => ("include_relative", PartialPlace::Beside),
            "include_cached" => ("include_cached", PartialPlace::Templates),
            _ => ("include", PartialPlace::Templates),
        };
        let mut cursor = Cursor::new(markup);
        let name = match place {
            PartialPlace::Templates => self.partial_name(tag, offset, &mut cursor)?,
            PartialPlace::Beside => self.file_name(offset, &mut cursor)?,
        };
        Ok(NodeKind::Include(Box::new(self.partial(place, name, &mut cursor)?)))
    }

    pub(super) fn render(&mut self, offset: usize, markup: Span<'t>) -> Parsed<NodeKind> {
        let mut cursor = Cursor::new(markup);
        let name = self.partial_name("render", offset, &mut cursor)?;
        let partial = self.partial(PartialPlace::Templates, name, &mut cursor)?;
        Ok(NodeKind::Render(Box::new(partial)))
    }

    /// What stands behind the `name` of a partial.
    fn partial(
        &mut self,
        place: PartialPlace,
        name: PartialName,
        cursor: &mut Cursor<'t>,
    ) -> Parsed<Partial> {
        let bound = if cursor.eat_word("with") {
            Some((Bound::With, self.expression(cursor)?))
        } else if cursor.eat_word("for") {
            Some((Bound::For, self.expression(cursor)?))
        } else {
            None
        };
        let alias = if cursor.eat_word("as") { Some(alias(cursor)?.into()) } else { None };
        let (mut arguments, mut parameters) = (Vec::new(), Vec::new());
        loop {
            cursor.eat(',');
            if let Some(name) = cursor.argument_name('=') {
                parameters.push((name.into(), self.parameter(cursor)?));
            } else if let Some(name) = cursor.argument_name(':') {
                arguments.push((name.into(), self.expression(cursor)?));
            } else {
                break;
            }
        }
        cursor.end()?;
        let (arguments, parameters) = (arguments.into(), parameters.into());
        Ok(Partial { place, name, bound, alias, arguments, parameters })
    }

    /// The value of a parameter of Jekyll's `include`.
    fn parameter(&mut self, cursor: &mut Cursor<'t>) -> Parsed<Expression> {
        match cursor.peek() {
            Some('"' | '\'') => Ok(Expression::Literal(Literal::Text(cursor.escaped()?.into()))),
            _ => self.expression(cursor),
        }
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
            Some(_) if tag == "render" => self.bare_name(tag, cursor, at),
            Some(_) => match self.text_name(cursor)? {
                Some(name) => Ok(name),
                None => self.bare_name(tag, cursor, at),
            },
        }
    }

    /// The name of a file, with quotes or without.
    fn file_name(&mut self, offset: usize, cursor: &mut Cursor<'t>) -> Parsed<PartialName> {
        cursor.skip();
        match cursor.peek() {
            None => Err(SyntaxError::new("`include_relative` names a file", offset)),
            Some('"' | '\'') => Ok(PartialName::Fixed(cursor.quoted()?.into())),
            Some(_) => match self.text_name(cursor)? {
                Some(name) => Ok(name),
                None => Ok(PartialName::Fixed(cursor.text_up_to(ends_name).text.into())),
            },
        }
    }

    /// `{{ page.part }}` or `note-{{ page.kind }}.html`, as Jekyll has it; nothing for a name without an
    /// output in it.
    fn text_name(&mut self, cursor: &mut Cursor<'t>) -> Parsed<Option<PartialName>> {
        let mut trial = cursor.clone();
        let start = trial.rest();
        let mut has_output = false;
        loop {
            trial.text_up_to(|c| ends_name(c) || c == '{');
            let rest = trial.rest().text;
            if rest.starts_with("{{") {
                let length = rest
                    .find("}}")
                    .ok_or_else(|| SyntaxError::new("no `}}` closes this", trial.offset()))?;
                trial.go(length + 2);
                has_output = true;
            } else if rest.starts_with('{') {
                trial.go(1);
            } else {
                break;
            }
        }
        if !has_output {
            return Ok(None);
        }
        let text = &start.text[..start.text.len() - trial.rest().text.len()];
        let block = self.text(Span { text, ..start })?;
        *cursor = trial;
        Ok(Some(PartialName::Text(block, text.into())))
    }

    /// A name without quotes: that of a template where there is one, or it looks like a file's; else, for
    /// `include`, of a variable.
    fn bare_name(&mut self, tag: &str, cursor: &mut Cursor<'t>, at: usize) -> Parsed<PartialName> {
        let mut behind = cursor.clone();
        let name = behind.text_up_to(ends_name).text;
        let is_template = self.language.partials().is_some_and(|known| known.contains(name));
        let is_file = name.rsplit_once('.').is_some_and(|(_, end)| FILES.contains(&end));
        if tag != "render" && !is_template && !is_file && !name.contains('/') {
            // A variable, such as `snippet` or `page.part`; else Jekyll's `name.html`.
            let mut trial = cursor.clone();
            if let Ok(value @ Expression::Path(_)) = self.expression(&mut trial) {
                *cursor = trial;
                return Ok(PartialName::Computed(value, name.into()));
            }
        }
        *cursor = behind;
        self.known(name, at)?;
        Ok(PartialName::Fixed(name.into()))
    }

    /// Whether there is a template `name`, where that is known.
    fn known(&self, name: &str, offset: usize) -> Parsed<()> {
        match self.language.partials() {
            Some(known) if !known.contains(name) => {
                let error = SyntaxError::new(format!("no template is named `{name}`"), offset);
                let near = nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
                Err(error.hint(Some(Hint::MissingTemplate(name.to_owned(), near))))
            }
            _ => Ok(()),
        }
    }
}

/// The name behind `as`.
fn alias<'t>(cursor: &mut Cursor<'t>) -> Parsed<&'t str> {
    cursor.skip();
    let at = cursor.offset();
    cursor.identifier().ok_or_else(|| SyntaxError::new("a name belongs behind `as`", at))
}

/// Whether the name of a partial without quotes ends before `c`.
fn ends_name(c: char) -> bool {
    c.is_whitespace() || c == ','
}

/// What the names of partials end in, where they are written as files.
const FILES: &[&str] = &["html", "liquid", "md", "svg", "xml", "txt", "json", "css", "js"];
