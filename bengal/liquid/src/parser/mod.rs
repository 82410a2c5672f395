//! Reads templates.
//!
//! 1. [`crate::scan`] cuts the text into pieces.
//! 2. Each tag reads its markup with a [`cursor::Cursor`], and its blocks up to its end tag.
//! 3. A tag that is wrong is noted, and what follows is read all the same, so that all faults are found.
//!
//! **Invariant:** no text overflows the stack: blocks and brackets nest to a limit.

mod cursor;
mod expression;
mod loops;
mod partial;
mod tags;

use crate::ast::{Block, Filtered, Node, NodeKind};
use crate::error::SyntaxError;
use crate::language::Language;
use crate::limits::{MARKUP_WORK, NESTING};
use crate::scan::{Span, Token, Tokens};
use crate::template::Template;
use expression::narrow;

pub(crate) use tags::TAGS;

/// What was read, or what is wrong with it.
type Parsed<T> = Result<T, SyntaxError>;

/// Bytes of the braces of an output or tag.
const BRACES: usize = 4;

/// Faults of one template that are noted; more would be of one cause.
const FAULTS: usize = 100;

pub(crate) fn parse(
    language: &Language,
    name: &str,
    source: &str,
) -> Result<Template, Vec<SyntaxError>> {
    if u32::try_from(source.len()).is_err() {
        return Err(vec![SyntaxError::new("the template is over 4 GiB", 0)]);
    }
    let mut parser = Parser {
        language,
        tokens: Tokens::new(source),
        faults: Vec::new(),
        given_up: false,
        depth: 0,
        blocks: 0,
        between: 0,
    };
    let block = parser.nodes();
    if parser.faults.is_empty() {
        return Ok(Template::new(name, block));
    }
    parser.faults.sort_by_key(|fault| fault.offset);
    Err(parser.faults)
}

struct Parser<'l, 't> {
    language: &'l Language,
    tokens: Tokens<'t>,
    faults: Vec<SyntaxError>,
    /// Whether what follows can no longer be told apart, so that no more faults are noted.
    given_up: bool,
    /// How deep brackets are nested here.
    depth: usize,
    /// How deep blocks are nested here.
    blocks: usize,
    /// Bytes of the `elsif` and `when` of the tag that was just read: they count where that stands.
    between: usize,
}

/// What ended a block.
struct End<'t> {
    name: &'t str,
    markup: Span<'t>,
}

/// Nodes as they are gathered.
#[derive(Default)]
struct Nodes {
    nodes: Vec<Node>,
    /// Whether nothing in it shows anything: white space, assignments and the like. Ruby's Liquid leaves
    /// out the white space of such a block.
    blank: bool,
    /// Bytes of the outputs and tags in it, without what is nested in them.
    bytes: usize,
}

impl Nodes {
    fn new() -> Self {
        Self { nodes: Vec::new(), blank: true, bytes: 0 }
    }

    fn push(&mut self, offset: usize, kind: NodeKind, blank: bool) {
        self.blank &= blank;
        self.nodes.push(Node { offset: narrow(offset), kind });
    }

    fn block(self) -> Block {
        Block { nodes: self.nodes.into(), work: MARKUP_WORK * self.bytes as u64 }
    }

    /// As a block, without its white space if `blank`.
    fn block_of(mut self, blank: bool) -> Block {
        if blank {
            self.nodes.retain(|node| !matches!(node.kind, NodeKind::Text(_)));
        }
        self.block()
    }
}

impl<'l, 't> Parser<'l, 't> {
    /// All nodes of the template.
    fn nodes(&mut self) -> Block {
        let mut nodes = Nodes::new();
        while let Some((offset, end)) = self.until(&mut nodes, &[]) {
            let error = SyntaxError::new(format!("`{}` closes nothing here", end.name), offset);
            self.note(error);
        }
        nodes.block()
    }

    /// Gathers nodes up to one of the tags `ends`, or one that ends some block; gives that and where it
    /// stands. `None` at the end of the text.
    fn until(&mut self, nodes: &mut Nodes, ends: &[&str]) -> Option<(usize, End<'t>)> {
        loop {
            let (offset, token) = match self.tokens.next() {
                Ok(token) => token?,
                Err(fault) => {
                    self.note(fault);
                    return None;
                }
            };
            if self.faults.len() >= FAULTS {
                return None;
            }
            if let Token::Tag(Span { text: name, .. }, markup) = token
                && (ends.contains(&name) || tags::is_end(name))
            {
                return Some((offset, End { name, markup }));
            }
            if let Err(fault) = self.token(nodes, offset, token) {
                self.note(fault);
            }
        }
    }

    fn token(&mut self, nodes: &mut Nodes, offset: usize, token: Token<'t>) -> Parsed<()> {
        match token {
            Token::Text(text) => {
                let blank = text.trim().is_empty();
                nodes.push(offset, NodeKind::Text(text.into()), blank);
                Ok(())
            }
            Token::Output(span) => {
                nodes.bytes += BRACES + span.text.len();
                if let Some(filtered) = self.output(span)? {
                    nodes.push(offset, NodeKind::Output(filtered), false);
                }
                Ok(())
            }
            Token::Tag(name, markup) => {
                nodes.bytes += BRACES + name.text.len() + markup.text.len();
                let read = self.tag(nodes, offset, name, markup);
                nodes.bytes += std::mem::take(&mut self.between);
                read
            }
        }
    }

    /// What an output shows; nothing for an empty one.
    fn output(&mut self, span: Span<'t>) -> Parsed<Option<Filtered>> {
        if span.text.trim().is_empty() {
            return Ok(None);
        }
        self.whole(span).map(Some)
    }

    /// The block of the tag `name`, which stands at `offset`, up to its end tag.
    fn block(&mut self, name: &str, offset: usize) -> Parsed<Nodes> {
        Ok(self.part(name, offset, &[])?.0)
    }

    /// The nodes up to the next of the tags `between`, which is given too, or to the end tag of the tag
    /// `name`, which stands at `offset`.
    fn part(
        &mut self,
        name: &str,
        offset: usize,
        between: &[&str],
    ) -> Parsed<(Nodes, Option<End<'t>>)> {
        self.blocks += 1;
        if self.blocks > NESTING {
            self.tokens = Tokens::new("");
            let message = format!("blocks are nested over {NESTING} deep");
            let fault = SyntaxError::new(message, offset);
            self.note(fault.clone());
            self.given_up = true;
            return Err(fault);
        }
        let mut nodes = Nodes::new();
        let end = loop {
            match self.until(&mut nodes, between) {
                Some((_, end)) if end.name.strip_prefix("end") == Some(name) => break Ok(None),
                Some((_, end)) if between.contains(&end.name) => break Ok(Some(end)),
                Some((at, end)) => {
                    let message = format!("`{}` does not belong in `{name}`", end.name);
                    self.note(SyntaxError::new(message, at));
                }
                None => break Err(SyntaxError::new(format!("no `end{name}` closes this"), offset)),
            }
        };
        self.blocks -= 1;
        Ok((nodes, end?))
    }

    /// What was read, or nothing and a note of what is wrong.
    fn noted<T>(&mut self, parsed: Parsed<T>) -> Option<T> {
        parsed.map_err(|fault| self.note(fault)).ok()
    }

    fn note(&mut self, fault: SyntaxError) {
        if !self.given_up {
            self.faults.push(fault);
        }
    }
}
