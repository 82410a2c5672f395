//! A block of code as HTML.
//!
//! **Invariant:** the text of the HTML is the code, so what a reader copies is the source: numbers and
//! marks are in elements and attributes, which the style sheet shows.

use std::fmt::{self, Write};

use comrak::html::escape;

use super::fence::Fence;
use crate::config::HighlightConfig;
use crate::highlight::{Class, Highlighter, Languages, Span};
use crate::memory;

/// Writes blocks of code.
pub(super) struct CodeBlocks<'l> {
    highlighter: Highlighter<'l>,
    line_numbers: bool,
}

impl<'l> CodeBlocks<'l> {
    pub fn new(config: &HighlightConfig, languages: &'l Languages) -> Self {
        let highlighter = Highlighter::new(languages);
        Self { highlighter, line_numbers: config.line_numbers }
    }

    /// Begins another page.
    pub fn begin_page(&mut self) {
        self.highlighter.begin_page();
    }

    /// What highlighting the page has taken so far.
    pub fn work(&self) -> usize {
        self.highlighter.work()
    }

    /// Writes the block `code` with the info string `info`. Says whether it needs the style sheet.
    ///
    /// # Errors
    /// As `out` does.
    pub fn write(
        &mut self,
        info: &str,
        code: &str,
        out: &mut dyn Write,
    ) -> Result<bool, fmt::Error> {
        let fence = Fence::read(info);
        if !fence.title.is_empty() {
            out.write_str("<figure class=\"code\">\n<figcaption>")?;
            escape(out, fence.title)?;
            out.write_str("</figcaption>\n")?;
        }
        // What scrolls must be reached by the keyboard.
        out.write_str("<pre class=\"highlight\" tabindex=\"0\"><code")?;
        if !fence.language.is_empty() {
            out.write_str(" class=\"language-")?;
            escape(out, fence.language)?;
            out.write_str("\"")?;
        }
        out.write_str(">")?;
        // What the highlighter learns of a language it keeps for all pages.
        let spans = memory::kept(|| self.highlighter.spans(fence.language, code));
        let first = fence.numbered.unwrap_or(self.line_numbers).then(|| fence.start.unwrap_or(1));
        let has_lines = first.is_some() || !fence.marked.is_empty();
        let mut pieces = Pieces { code, at: 0, spans };
        match has_lines {
            true => pieces.write_lines(first, &fence.marked, out)?,
            false => pieces.write(code.len(), out)?,
        }
        out.write_str("</code></pre>\n")?;
        if !fence.title.is_empty() {
            out.write_str("</figure>\n")?;
        }
        Ok(!spans.is_empty() || has_lines || !fence.title.is_empty())
    }
}

/// What of a block is yet to be written.
struct Pieces<'c> {
    code: &'c str,
    at: usize,
    spans: &'c [Span],
}

impl Pieces<'_> {
    /// Writes each line as an element, with its number where the `first` one's is given. The ends of
    /// lines stand between them.
    fn write_lines(
        &mut self,
        first: Option<u32>,
        mut marked: &[(u32, u32)],
        out: &mut dyn Write,
    ) -> fmt::Result {
        for (line, index) in self.code.split_inclusive('\n').zip(0u32..) {
            while let [(_, last), rest @ ..] = marked
                && *last <= index
            {
                marked = rest;
            }
            let is_marked = marked.first().is_some_and(|(first, _)| *first <= index + 1);
            let element = if is_marked { "mark" } else { "span" };
            write!(out, "<{element} class=\"line\"")?;
            if let Some(first) = first {
                write!(out, " data-line=\"{}\"", u64::from(first) + u64::from(index))?;
            }
            out.write_str(">")?;
            let text = line.trim_end_matches('\n');
            let start = self.at;
            self.write(start + text.len(), out)?;
            write!(out, "</{element}>")?;
            self.skip(start + line.len(), out)?;
        }
        Ok(())
    }

    /// Writes the code up to the byte `end`.
    fn write(&mut self, end: usize, out: &mut dyn Write) -> fmt::Result {
        while self.at < end {
            let class = self.spans.first().map_or(Class::PLAIN, |span| span.class);
            let stop = self.spans.first().map_or(end, |span| span.end.min(end));
            let text = &self.code[self.at..stop];
            if class == Class::PLAIN {
                escape(out, text)?;
            } else {
                write!(out, "<span class=\"{}\">", class.name())?;
                escape(out, text)?;
                out.write_str("</span>")?;
            }
            self.pass(stop);
        }
        Ok(())
    }

    /// Writes the code up to the byte `end` as plain text.
    fn skip(&mut self, end: usize, out: &mut dyn Write) -> fmt::Result {
        out.write_str(&self.code[self.at..end])?;
        self.pass(end);
        Ok(())
    }

    fn pass(&mut self, end: usize) {
        self.at = end;
        while let [span, rest @ ..] = self.spans
            && span.end <= end
        {
            self.spans = rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(info: &str, code: &str) -> String {
        let languages = Languages::default();
        let mut html = String::new();
        let mut blocks = CodeBlocks::new(&HighlightConfig::default(), &languages);
        let styled = blocks.write(info, code, &mut html).unwrap();
        assert_eq!(
            styled,
            html.contains("<span") || html.contains("<fig") || html.contains("<mark")
        );
        html
    }

    /// The text of `html`, as a reader copies it.
    fn text(html: &str) -> String {
        let (mut text, mut rest) = (String::new(), html);
        while let Some((before, after)) = rest.split_once('<') {
            text.push_str(before);
            rest = after.split_once('>').unwrap().1;
        }
        text.push_str(rest);
        text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
    }

    #[test]
    fn the_text_of_the_html_is_the_code() {
        let code = "/* <a>\n\tb &amp;\n\n */ fn f() { \"é\n\" }\n\n";
        for info in ["", "rust", "rust linenos", "rust hl=2-3", "rust {1,3,linenos}", "no-such"] {
            let html = write(info, code);
            assert_eq!(text(&html), format!("{code}\n"), "{html}");
        }
        assert_eq!(text(&write("rust linenos", "let x")), "let x\n");
    }

    #[test]
    fn a_stretch_of_lines_is_in_elements_of_their_own() {
        assert_eq!(
            write("rust {linenos,hl=2,linenostart=9}", "/* a\n\nb */ let\n"),
            "<pre class=\"highlight\" tabindex=\"0\"><code class=\"language-rust\">\
             <span class=\"line\" data-line=\"9\"><span class=\"c\">/* a</span></span>\n\
             <mark class=\"line\" data-line=\"10\"></mark>\n\
             <span class=\"line\" data-line=\"11\"><span class=\"c\">b */</span> \
             <span class=\"kt\">let</span></span>\n</code></pre>\n"
        );
    }

    #[test]
    fn marks_that_meet_or_lie_within_each_other_count() {
        let marks = |hl: &str| {
            let html = write(&format!("text hl={hl}"), &"x\n".repeat(8));
            let lines = html.split("<code class=\"language-text\">").nth(1).unwrap().lines();
            let marked = lines.zip(1..).filter(|(line, _)| line.starts_with("<mark"));
            marked.map(|(_, number)| number).collect::<Vec<u32>>()
        };
        assert_eq!(marks("1-6,2-3,5"), [1, 2, 3, 4, 5, 6]);
        assert_eq!(marks("7,2-3,3-4,99"), [2, 3, 4, 7]);
        assert_eq!(marks("5-4,0,8-4294967295"), [8]);
    }

    #[test]
    fn what_the_author_wrote_is_escaped() {
        let html = write("\"<b> title='<i>&'", "<x>\n");
        assert!(html.contains("<figcaption>&lt;i&gt;&amp;</figcaption>"), "{html}");
        assert!(html.contains("language-&quot;&lt;b&gt;"), "{html}");
        assert!(html.contains(">&lt;x&gt;\n</code>"), "{html}");
    }
}
