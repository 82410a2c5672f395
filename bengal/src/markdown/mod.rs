//! Markdown to HTML. The only module that names comrak.
//!
//! Blocks of code are written by this module's own hand, highlighted ([`crate::highlight`]), unless
//! that is switched off.
//!
//! One walk over the syntax tree makes the HTML and finds all else that bengal wants to know of a
//! body: headings, words, where its summary ends, and links to other files of the site.
//!
//! **Invariant:** a link to another file leaves an empty spot in the HTML, as the page's URL is known
//! only when all pages are. Where the site is served below a path, a link from its root does too.

mod code_block;
mod fence;
mod links;
mod nesting;

use std::cell::Cell;
use std::fmt::{self, Write};
use std::ops::Range;

use comrak::html::{ChildRendering, Context, format_document_with_formatter, format_node_default};
use comrak::nodes::{AstNode, NodeCodeBlock, NodeValue};
use comrak::options::Plugins;
use comrak::{Arena, Options, parse_document};

use crate::config::Config;
use crate::content::page::{Body, Heading, Headings, HeadingsBuilder, Link, offset};
use crate::diagnostic::{Code, Diagnostic, Place};
use crate::highlight::Languages;
use code_block::CodeBlocks;
pub use links::{is_file, is_from_root};
use nesting::too_deep;

/// Turns Markdown into HTML; holds buffers for use again.
pub struct Markdown<'l> {
    options: Options<'static>,
    findings: Findings,
    /// Whether the site is served below a path, which links from its root do not begin with.
    is_below_path: bool,
    /// `None` where highlighting is switched off.
    code: Option<CodeBlocks<'l>>,
}

/// What was found in a body besides its HTML.
#[derive(Debug, Default)]
pub struct Found {
    /// Its headings.
    pub headings: Headings,
    /// Words of text.
    pub words: u32,
    /// Which bytes of the HTML are its summary: up to `<!--more-->`, else its first paragraph.
    pub summary: Range<u32>,
    /// The spots to be filled in, in order.
    pub links: Box<[Link]>,
    /// The text of its first heading of level 1.
    pub title: Option<String>,
    /// Line and column (in bytes) in the body, from 1, of the first raw HTML that was left out.
    pub raw_html: Option<(usize, usize)>,
    /// Whether it has code that needs the style sheet of highlighting.
    pub has_styled_code: bool,
}

impl Found {
    /// The body it was found in, whose HTML is nowhere kept.
    pub fn into_body(self) -> Body {
        let Self { headings, words, summary, links, has_styled_code, title: _, raw_html: _ } = self;
        Body { summary, words, headings, links, has_styled_code, ..Body::default() }
    }
}

/// A body whose quotes nest too deeply.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("quotes nest too deeply")]
pub struct TooDeep {
    /// The line, from 1, at which it became too much.
    pub line: usize,
}

/// The diagnostic of raw HTML that was left out at `place`.
pub fn raw_html_omitted(place: Place) -> Diagnostic {
    Diagnostic::warning(Code::RawHtmlOmitted, "raw HTML is left out of this page")
        .at(place)
        .hint("`markdown: {unsafe_html: true}` lets it through")
}

#[derive(Debug, Default)]
struct Findings {
    headings: HeadingsBuilder,
    links: Vec<Link>,
    words: u32,
    in_word: bool,
    more: Option<u32>,
    /// Whether the paragraph that is open has `<!--more-->` in it: half of it is no summary.
    more_in_paragraph: bool,
    first_paragraph: Option<Range<u32>>,
    title: Option<String>,
    raw_html: Option<(usize, usize)>,
    has_styled_code: bool,
}

impl<'l> Markdown<'l> {
    /// A converter with the site's choices.
    pub fn new(config: &Config, languages: &'l Languages) -> Self {
        let is_below_path = !config.base_path().is_empty();
        let config = &config.markdown;
        let mut options = Options::default();
        let extension = &mut options.extension;
        extension.strikethrough = true;
        extension.table = true;
        extension.autolink = true;
        extension.tasklist = true;
        extension.footnotes = true;
        extension.alerts = true;
        options.parse.smart = config.smart_punctuation;
        options.render.r#unsafe = config.unsafe_html;
        let code = config.highlight.as_ref().map(|config| CodeBlocks::new(config, languages));
        Self { options, findings: Findings::default(), is_below_path, code }
    }

    /// How much of [`crate::highlight::WORK`] the code of the text that was converted last has taken.
    pub fn highlight_work(&self) -> usize {
        self.code.as_ref().map_or(0, CodeBlocks::work)
    }

    /// Appends the HTML of `text` to `html`; offsets in what is returned count from where it begins.
    ///
    /// # Errors
    /// When quotes nest so deeply that this would take long; nothing is appended then.
    pub fn convert(&mut self, text: &str, html: &mut String) -> Result<Found, TooDeep> {
        if let Some(line) = too_deep(text) {
            return Err(TooDeep { line });
        }
        let arena = Arena::new();
        let root = parse_document(&arena, text, &self.options);
        let length = Cell::new(0);
        let mut code = self.code.as_mut();
        code.iter_mut().for_each(|code| code.begin_page());
        let user = Walk {
            findings: std::mem::take(&mut self.findings),
            length: &length,
            is_below_path: self.is_below_path,
            code,
        };
        let mut output = Counted { html, length: &length };
        let plugins = Plugins::default();
        let walked = format_document_with_formatter(
            root,
            &self.options,
            &mut output,
            &plugins,
            format_node,
            user,
        );
        match walked {
            Ok(walk) => self.findings = walk.findings,
            Err(fmt::Error) => unreachable!("writing to a string never fails"),
        }
        Ok(self.found())
    }

    fn found(&mut self) -> Found {
        let findings = &mut self.findings;
        findings.in_word = false;
        findings.more_in_paragraph = false;
        let paragraph = findings.first_paragraph.take();
        let summary = findings.more.take().map(|end| 0..end).or(paragraph).unwrap_or_default();
        Found {
            headings: findings.headings.take(),
            words: std::mem::take(&mut findings.words),
            summary,
            links: findings.links.drain(..).collect(),
            title: findings.title.take(),
            raw_html: findings.raw_html.take(),
            has_styled_code: std::mem::take(&mut findings.has_styled_code),
        }
    }
}

/// A string that says how long it has become since the conversion began.
struct Counted<'a> {
    html: &'a mut String,
    length: &'a Cell<usize>,
}

impl Write for Counted<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.html.push_str(text);
        self.length.set(self.length.get() + text.len());
        Ok(())
    }
}

struct Walk<'a, 'l> {
    findings: Findings,
    length: &'a Cell<usize>,
    is_below_path: bool,
    code: Option<&'a mut CodeBlocks<'l>>,
}

impl Walk<'_, '_> {
    /// Whether a link to `url` is filled in when all pages are known.
    fn leaves_spot(&self, url: &str) -> bool {
        is_file(url) || self.is_below_path && is_from_root(url)
    }
}

fn format_node<'a>(
    context: &mut Context<'_, '_, Walk<'_, '_>>,
    node: &'a AstNode<'a>,
    entering: bool,
) -> Result<ChildRendering, fmt::Error> {
    let data = node.data();
    match &data.value {
        // By far the most frequent.
        NodeValue::Text(text) => {
            if entering {
                context.user.findings.count_words(text);
                context.escape(text)?;
            }
            return Ok(ChildRendering::HTML);
        }
        NodeValue::Code(code) if entering => context.user.findings.count_words(&code.literal),
        NodeValue::CodeBlock(code) if entering => {
            context.user.findings.in_word = false;
            context.user.findings.count_words(&code.literal);
            context.user.findings.in_word = false;
            if let Some(rendering) = format_code(context, code)? {
                return Ok(rendering);
            }
        }
        NodeValue::SoftBreak | NodeValue::LineBreak => context.user.findings.in_word = false,
        NodeValue::Heading(heading) => {
            return format_heading(context, node, heading.level, entering);
        }
        NodeValue::TaskItem(task) if entering => {
            return format_task(context, node, task.symbol.is_some());
        }
        NodeValue::Link(_) if !entering => {
            context.write_str("</a>")?;
            return Ok(ChildRendering::HTML);
        }
        NodeValue::Link(link) if context.user.leaves_spot(&link.url) => {
            return format_link(context, node, &link.url, &link.title);
        }
        NodeValue::Image(image) if entering && context.user.leaves_spot(&image.url) => {
            context.write_str("<img src=\"")?;
            context.note_link(node, &image.url);
            context.write_str("\" alt=\"")?;
            return Ok(ChildRendering::Plain);
        }
        NodeValue::HtmlBlock(block) if entering => {
            if is_more(&block.literal) {
                if is_top(node) {
                    let at = context.position();
                    context.user.findings.more.get_or_insert(at);
                }
                return Ok(ChildRendering::HTML);
            }
            context.note_raw_html(node, &block.literal);
        }
        NodeValue::HtmlInline(literal) if is_more(literal) => {
            let of_paragraph = |parent: &'a AstNode<'a>| {
                is_top(parent) && matches!(parent.data().value, NodeValue::Paragraph)
            };
            context.user.findings.more_in_paragraph |= node.parent().is_some_and(of_paragraph);
            return Ok(ChildRendering::HTML);
        }
        NodeValue::HtmlInline(literal) if entering => context.note_raw_html(node, literal),
        NodeValue::Paragraph => {
            context.user.findings.in_word = false;
            if entering && is_top(node) {
                context.cr()?;
            }
            let start = context.position();
            let rendering = format_node_default(context, node, entering)?;
            let end = context.position();
            let findings = &mut context.user.findings;
            if !entering && is_top(node) && std::mem::take(&mut findings.more_in_paragraph) {
                findings.more.get_or_insert(end);
            }
            let first = &mut findings.first_paragraph;
            match first {
                None if entering && is_top(node) => *first = Some(start..start),
                // The first one is still open: nothing else at the top can end before it.
                Some(range) if !entering && range.start == range.end && is_top(node) => {
                    range.end = end;
                }
                _ => {}
            }
            return Ok(rendering);
        }
        _ => {}
    }
    if data.value.block() {
        context.user.findings.in_word = false;
    }
    format_node_default(context, node, entering)
}

fn is_top<'a>(node: &'a AstNode<'a>) -> bool {
    node.parent().is_some_and(|parent| matches!(parent.data().value, NodeValue::Document))
}

/// A block of code, unless it is left to comrak: where highlighting is off, and formulas.
fn format_code(
    context: &mut Context<'_, '_, Walk<'_, '_>>,
    code: &NodeCodeBlock,
) -> Result<Option<ChildRendering>, fmt::Error> {
    let is_formula = code.info.split_whitespace().next() == Some("math");
    let Some(blocks) = context.user.code.take_if(|_| !is_formula) else { return Ok(None) };
    context.cr()?;
    // Browsers take each of these for `\n`; so do the syntaxes.
    let literal = match code.literal.contains('\r') {
        true => &code.literal.replace("\r\n", "\n").replace('\r', "\n"),
        false => &code.literal,
    };
    let is_styled = blocks.write(&code.info, literal, context)?;
    context.user.code = Some(blocks);
    context.user.findings.has_styled_code |= is_styled;
    Ok(Some(ChildRendering::HTML))
}

/// What the anchor of a heading is made of when it has neither letter nor digit.
const NO_LETTERS: &str = "section";

/// A heading with its anchor as `id`, so that a theme decides how the anchor is shown.
fn format_heading<'a>(
    context: &mut Context<'_, '_, Walk<'_, '_>>,
    node: &'a AstNode<'a>,
    level: u8,
    entering: bool,
) -> Result<ChildRendering, fmt::Error> {
    context.user.findings.in_word = false;
    if entering {
        let title = node.collect_text();
        let has_letters = title.contains(char::is_alphanumeric);
        let id = context.anchorizer.anchorize(if has_letters { &title } else { NO_LETTERS });
        context.cr()?;
        write!(context, "<h{level} id=\"{id}\">")?;
        let findings = &mut context.user.findings;
        findings.headings.push(Heading { level, id: &id, title: &title });
        if level == 1 && findings.title.is_none() {
            findings.title = Some(title);
        }
    } else {
        write!(context, "</h{level}>")?;
        context.lf()?;
    }
    Ok(ChildRendering::HTML)
}

/// The start of an item of a task list. Its box is called what the item says, for those who hear the
/// page: comrak leaves it without a name.
fn format_task<'a>(
    context: &mut Context<'_, '_, Walk<'_, '_>>,
    node: &'a AstNode<'a>,
    done: bool,
) -> Result<ChildRendering, fmt::Error> {
    context.user.findings.in_word = false;
    let name = node.first_child().map(AstNode::collect_text).unwrap_or_default();
    context.cr()?;
    context.write_str("<li><input type=\"checkbox\" aria-label=\"")?;
    context.escape(&name)?;
    context.write_str(if done { "\" checked disabled> " } else { "\" disabled> " })?;
    Ok(ChildRendering::HTML)
}

fn format_link<'a>(
    context: &mut Context<'_, '_, Walk<'_, '_>>,
    node: &'a AstNode<'a>,
    url: &str,
    title: &str,
) -> Result<ChildRendering, fmt::Error> {
    context.write_str("<a href=\"")?;
    context.note_link(node, url);
    if !title.is_empty() {
        context.write_str("\" title=\"")?;
        context.escape(title)?;
    }
    context.write_str("\">")?;
    Ok(ChildRendering::HTML)
}

trait Noting {
    fn position(&self) -> u32;
    fn note_link<'a>(&mut self, node: &'a AstNode<'a>, url: &str);
    fn note_raw_html<'a>(&mut self, node: &'a AstNode<'a>, literal: &str);
}

impl Noting for Context<'_, '_, Walk<'_, '_>> {
    fn position(&self) -> u32 {
        offset(self.user.length.get())
    }

    fn note_link<'a>(&mut self, node: &'a AstNode<'a>, url: &str) {
        let start = node.data().sourcepos.start;
        let offset_here = self.position();
        self.user.findings.links.push(Link {
            offset: offset_here,
            line: offset(start.line),
            column: offset(start.column),
            target: url.into(),
        });
    }

    fn note_raw_html<'a>(&mut self, node: &'a AstNode<'a>, literal: &str) {
        if !self.options.render.r#unsafe && !is_comments(literal) {
            let start = node.data().sourcepos.start;
            self.user.findings.raw_html.get_or_insert((start.line, start.column));
        }
    }
}

impl Findings {
    /// Counts the words that begin in `text`, which are what stands between ASCII white space; one
    /// that goes on from the text before is counted already.
    fn count_words(&mut self, text: &str) {
        let (mut words, mut in_word) = (self.words, self.in_word);
        for byte in text.bytes() {
            let here = byte > b' ';
            words += u32::from(here & !in_word);
            in_word = here;
        }
        (self.words, self.in_word) = (words, in_word);
    }
}

/// Appends `text` to `html`, escaped.
pub fn push_escaped(text: &str, html: &mut String) {
    let written = comrak::html::escape(html, text);
    debug_assert!(written.is_ok(), "writing to a string never fails");
}

/// Appends `url` to `html` as an attribute's value.
pub fn push_href(url: &str, html: &mut String) {
    let written = comrak::html::escape_href(html, url, false);
    debug_assert!(written.is_ok(), "writing to a string never fails");
}

/// Whether there is nothing in `html` but comments.
/// Source of where a comment ends: <https://html.spec.whatwg.org/#comment-start-state>.
fn is_comments(html: &str) -> bool {
    let mut rest = html.trim_start();
    while let Some(comment) = rest.strip_prefix("<!--") {
        let abrupt = comment.strip_prefix('>').or_else(|| comment.strip_prefix("->"));
        let closed = comment.split_once("-->").map(|(_, rest)| rest);
        rest = abrupt.or(closed).unwrap_or_default().trim_start();
    }
    rest.is_empty()
}

fn is_more(html: &str) -> bool {
    let comment = html.trim().strip_prefix("<!--").and_then(|rest| rest.strip_suffix("-->"));
    comment.is_some_and(|text| text.trim().eq_ignore_ascii_case("more"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convert(text: &str) -> (String, Found) {
        let (languages, mut html) = (Languages::default(), String::new());
        let mut markdown = Markdown::new(&Config::default(), &languages);
        let found = markdown.convert(text, &mut html).unwrap();
        (html, found)
    }

    fn summary<'a>(html: &'a str, found: &Found) -> &'a str {
        &html[found.summary.start as usize..found.summary.end as usize]
    }

    #[test]
    fn headings_have_anchors_that_differ() {
        let (html, found) = convert("# A *b*\n\n## C\n\n## C\n");
        assert_eq!(
            html,
            "<h1 id=\"a-b\">A <em>b</em></h1>\n<h2 id=\"c\">C</h2>\n<h2 id=\"c-1\">C</h2>\n"
        );
        let ids: Vec<_> = found.headings.iter().map(|h| (h.level, h.id, h.title)).collect();
        assert_eq!(ids, [(1, "a-b", "A b"), (2, "c", "C"), (2, "c-1", "C")]);
        assert_eq!(found.title.as_deref(), Some("A b"));
    }

    #[test]
    fn the_summary_ends_at_more_else_at_the_first_paragraph() {
        let (html, found) = convert("one\n\ntwo\n\n<!--more-->\n\nthree\n");
        assert_eq!(summary(&html, &found), "<p>one</p>\n<p>two</p>\n");
        assert!(!html.contains("more"));
        let (html, found) = convert("# A\n\none\n\ntwo\n");
        assert_eq!(summary(&html, &found), "<p>one</p>\n");
        assert_eq!(convert("# A\n").1.summary, 0..0);
        let (html, found) = convert("one\n\ntwo <!--more--> words\n\nthree\n");
        assert_eq!(summary(&html, &found), "<p>one</p>\n<p>two  words</p>\n");
    }

    #[test]
    fn more_within_a_list_or_a_heading_is_dropped() {
        for list in
            ["## a <!--more-->\n", "- a\n\n  <!--more-->\n\n  b\n", "- a\n\n  b <!--more-->\n"]
        {
            let (html, found) = convert(&format!("one\n\n{list}\ntwo\n"));
            assert_eq!(summary(&html, &found), "<p>one</p>\n", "{list}");
            assert!(!html.contains("<!--") && found.raw_html.is_none(), "{html}");
        }
    }

    #[test]
    fn a_heading_without_letters_has_an_anchor_too() {
        let found = convert("## !!!\n\n## ? -\n\n## Section\n\n## 1\n\n## 日本\n").1;
        let ids: Vec<_> = found.headings.iter().map(|heading| heading.id).collect();
        assert_eq!(ids, ["section", "section-1", "section-2", "1", "日本"]);
    }

    #[test]
    fn links_to_files_are_left_open_with_their_place() {
        let (html, found) = convert("x\n\n[a](b.md#c \"t\") ![i](i.png) [d](https://x.org/e.md)\n");
        let links: Vec<_> =
            found.links.iter().map(|link| (&*link.target, link.line, link.column)).collect();
        assert_eq!(links, [("b.md#c", 3, 1), ("i.png", 3, 17)]);
        assert!(html[..found.links[0].offset as usize].ends_with("<a href=\""));
        assert!(html[found.links[1].offset as usize..].starts_with("\" alt=\"i\""));
        assert!(html.contains("<a href=\"\" title=\"t\">a</a>"));
        assert!(html.contains("href=\"https://x.org/e.md\""));
    }

    #[test]
    fn words_are_counted_across_markup() {
        assert_eq!(convert("One **two**three `four five`\nsix\n\n- seven\n- eight\n").1.words, 7);
        assert_eq!(convert("").1.words, 0);
    }

    #[test]
    fn raw_html_is_noted_when_it_is_left_out() {
        assert_eq!(convert("a\n\n<div>x</div>\n").1.raw_html, Some((3, 1)));
        assert_eq!(convert("a <b>x</b>\n").1.raw_html, Some((1, 3)));
        for comments in
            ["<!-- only a comment -->", "<!-- a --> <!-- b -->", "x <!-- c -->", "<!-- a"]
        {
            assert_eq!(convert(comments).1.raw_html, None, "{comments}");
        }
        for html in ["<!-- c --><b>x</b>", "<!--><b>x</b> -->"] {
            assert_eq!(convert(html).1.raw_html, Some((1, 1)), "{html}");
        }
    }

    #[test]
    fn a_converter_starts_anew_for_each_body() {
        let mut config = Config::default();
        config.markdown.smart_punctuation = true;
        let languages = Languages::default();
        let mut markdown = Markdown::new(&config, &languages);
        let mut html = String::from("before");
        let first = "# A\n\n[x](y.md) \"q\"\n\n```rust\nlet\n```\n";
        let first = markdown.convert(first, &mut html).unwrap();
        let second = markdown.convert("b\n", &mut html).unwrap();
        assert!(html.starts_with("before<h1") && html.contains("“q”"));
        assert_eq!((first.links.len(), second.links.len()), (1, 0));
        assert_eq!((first.has_styled_code, second.has_styled_code), (true, false));
        assert_eq!((second.summary, second.words, second.title), (0..9, 1, None));
    }

    #[test]
    fn a_body_that_nests_too_deeply_gives_nothing() {
        let (languages, mut html) = (Languages::default(), String::new());
        let mut markdown = Markdown::new(&Config::default(), &languages);
        let refused = markdown.convert(&format!("a\n\n{}", ">".repeat(100_000)), &mut html);
        assert_eq!((refused.unwrap_err(), &*html), (TooDeep { line: 3 }, ""));
    }

    #[test]
    fn code_is_highlighted_wherever_it_stands() {
        for (text, spans) in [
            ("```rust\nlet x;\n```\n", 1),
            ("~~~~ rust\r\nlet x;\r\n// y\r\n~~~~\r\n", 2),
            ("- a\n\n  ```rust\n  let x;\n  ```\n", 1),
            ("> ```rust\n> let x;\n", 1),
            ("1. ```rust\n   let x;", 1),
            ("    let x;\n", 0),
            ("```\nlet x;\n```\n", 0),
            ("```{note}\nlet x;\n```\n", 0),
            ("```text\nlet x;\n```\n", 0),
        ] {
            let (html, found) = convert(text);
            assert_eq!(html.matches("<span").count(), spans, "{html}");
            assert_eq!(found.has_styled_code, spans > 0, "{text}");
            assert!(html.contains("<pre class=\"highlight\" tabindex=\"0\"><code"), "{html}");
            assert!(!html.contains('\r') && html.contains("let"), "{html}");
        }
        assert!(convert("```math\na\n```\n").0.contains("data-math-style"));
    }

    #[test]
    fn highlighting_changes_neither_words_nor_summary() {
        let text = "```rust\nlet x = 1; // two words\n```\n\nFirst *one*.\n\nSecond.\n";
        let (html, found) = convert(text);
        assert_eq!((summary(&html, &found), found.words), ("<p>First <em>one</em>.</p>\n", 10));
    }
}
