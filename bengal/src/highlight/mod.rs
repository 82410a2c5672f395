//! Highlighting of code. The only module that names syntect and two-face.
//!
//! [`Languages`] are the syntaxes, which all workers share: they are read when the first block of code
//! asks for one, and each compiles its patterns as they are first tried. A [`Highlighter`] says of
//! which [`Class`] each stretch of a block is; [`css`](style_sheet) says how the classes look.
//!
//! **Invariant:** the stretches of a block, put together, are the block.
//! **Invariant:** what a page costs is bounded: see [`LINE`] and [`WORK`].

mod classes;
mod colour;
mod names;
mod style;

use std::sync::OnceLock;

use syntect::parsing::{ParseState, SyntaxReference, SyntaxSet};

pub use classes::Class;
use classes::{ClassStack, ScopeClasses};
use names::Kind;
pub use style::{Theme, style_sheet};

/// Bytes of a line from which it is shown as plain text: the patterns of some languages take a time
/// that grows with the square of a line's length.
pub const LINE: usize = 1_000;

/// What the code of one page may cost, by `cost`; the lines that come then are plain. It is four times
/// what the largest of 878 pages of two real sites comes to, and takes a third of a second; for the lines
/// that are worst for the worst language (SystemVerilog), it takes two.
pub const WORK: usize = 5_000_000;

/// The languages that can be highlighted.
#[derive(Debug, Default)]
pub struct Languages {
    syntaxes: OnceLock<SyntaxSet>,
}

/// A stretch of code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The byte at which it ends; it begins where the one before ends.
    pub end: usize,
    /// What it is.
    pub class: Class,
    /// It is white space, and of no class.
    is_blank: bool,
}

/// Finds out what code is made of; holds buffers for use again.
pub struct Highlighter<'l> {
    languages: &'l Languages,
    scopes: Option<ScopeClasses>,
    stack: ClassStack,
    spans: Vec<Span>,
    work: usize,
}

/// The syntax of a block, and where in it the block has come.
struct Reader<'r> {
    syntaxes: &'r SyntaxSet,
    syntax: &'r SyntaxReference,
    state: ParseState,
    scopes: &'r mut ScopeClasses,
    stack: &'r mut ClassStack,
    spans: &'r mut Vec<Span>,
    work: &'r mut usize,
    /// The byte of the block up to which there are spans.
    end: usize,
}

impl Languages {
    /// Whether any was asked for yet: until then they cost nothing.
    pub fn are_read(&self) -> bool {
        self.syntaxes.get().is_some()
    }

    fn syntaxes(&self) -> &SyntaxSet {
        self.syntaxes.get_or_init(two_face::syntax::extra_newlines)
    }
}

impl<'l> Highlighter<'l> {
    /// A highlighter of `languages`.
    pub fn new(languages: &'l Languages) -> Self {
        let (stack, spans) = (ClassStack::default(), Vec::new());
        Self { languages, scopes: None, stack, spans, work: 0 }
    }

    /// Begins another page, with all of [`WORK`].
    pub fn begin_page(&mut self) {
        self.work = 0;
    }

    /// How much of [`WORK`] this page has taken.
    pub fn work(&self) -> usize {
        self.work
    }

    /// The stretches of `code`; empty where nothing is known of its language.
    pub fn spans(&mut self, language: &str, code: &str) -> &[Span] {
        self.spans.clear();
        self.stack.clear();
        let (token, kind) = names::resolve(language);
        if kind == Kind::Plain {
            return &self.spans;
        }
        let syntaxes = self.languages.syntaxes();
        let Some(syntax) = syntaxes.find_syntax_by_token(token) else { return &self.spans };
        let mut reader = Reader {
            syntaxes,
            syntax,
            state: ParseState::new(syntax),
            scopes: self.scopes.get_or_insert_with(ScopeClasses::new),
            stack: &mut self.stack,
            spans: &mut self.spans,
            work: &mut self.work,
            end: 0,
        };
        for line in code.split_inclusive('\n') {
            match kind {
                Kind::Session => reader.session_line(line),
                _ => reader.line(line),
            }
        }
        if self.spans.iter().all(|span| span.class == Class::PLAIN) {
            self.spans.clear();
        }
        &self.spans
    }
}

impl Reader<'_> {
    /// A line of what stood in a terminal: a prompt and a command, or what one has said.
    fn session_line(&mut self, line: &str) {
        let is_command = line.starts_with(['$', '#', '%', '>']) && line[1..].starts_with(' ');
        if !is_command {
            self.state = ParseState::new(self.syntax);
            self.stack.clear();
            return self.push(line, Class::PLAIN);
        }
        let (prompt, command) = line.split_at(1);
        self.push(prompt, Class::of("gp"));
        self.line(command);
    }

    fn line(&mut self, line: &str) {
        let work = *self.work + cost(line);
        if line.len() > LINE || work > WORK {
            return self.push(line, Class::PLAIN);
        }
        *self.work = work;
        let Ok(ops) = self.state.parse_line(line, self.syntaxes) else {
            return self.push(line, Class::PLAIN);
        };
        let mut from = 0;
        for (at, op) in ops {
            self.push(&line[from..at], self.stack.class());
            from = at;
            self.stack.apply(&op, self.scopes);
        }
        self.push(&line[from..], self.stack.class());
    }

    /// Adds `text`, to the span before where it is of the same class. White space is of none, but it
    /// does not part two stretches of one class.
    fn push(&mut self, text: &str, class: Class) {
        match text.strip_suffix('\n') {
            None | Some("") => self.push_within(text, class),
            Some(within) => {
                self.push_within(within, class);
                self.push_within("\n", class);
            }
        }
    }

    /// Adds `text`, which is the end of a line or has none.
    fn push_within(&mut self, text: &str, class: Class) {
        if text.is_empty() {
            return;
        }
        self.end += text.len();
        let is_blank = text.trim_ascii().is_empty();
        let class = if is_blank { Class::PLAIN } else { class };
        if let [.., before, blank] = &mut self.spans[..]
            && blank.is_blank
            && before.class == class
        {
            before.end = self.end;
            self.spans.pop();
            return;
        }
        match self.spans.last_mut() {
            Some(last) if last.class == class => {
                last.end = self.end;
                last.is_blank &= is_blank;
            }
            _ => self.spans.push(Span { end: self.end, class, is_blank }),
        }
    }
}

/// What a line may cost: what every line does, and the square of its length.
fn cost(line: &str) -> usize {
    let length = line.len() + 8;
    length * length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(language: &str, code: &str) -> String {
        let languages = Languages::default();
        let mut highlighter = Highlighter::new(&languages);
        let (mut shown, mut from) = (String::new(), 0);
        for span in highlighter.spans(language, code) {
            let text = &code[from..span.end];
            match span.class.name() {
                "" => shown.push_str(text),
                name => shown.push_str(&format!("{name}({text})")),
            }
            from = span.end;
        }
        assert!(from == code.len() || shown.is_empty(), "{shown}");
        shown
    }

    #[test]
    fn languages_people_write_about() {
        for (language, code, shown) in [
            (
                "rust",
                "// c\n  // d\nlet x: u32 = f(\"a\\n\", 1);\n",
                "c(// c\n  // d)\nkt(let) x: kt(u32) o(=) nf(f)(s(\"a)se(\\n)s(\"), m(1));\n",
            ),
            ("json", "{\"a\": [1, true]}", "{nt(\"a\"): [m(1), kc(true)]}"),
            ("yaml", "a: b # c\n", "nt(a): s(b) c(# c)\n"),
            ("toml", "[a]\nb = 1\n", "[gh(a)]\nnt(b) = m(1)\n"),
            ("diff", "-a\n+b\n c\n", "gd(-a)\ngi(+b)\n c\n"),
            ("sh", "cd $A # c\n", "nb(cd) nv($A) c(# c)\n"),
            ("html", "<p id=\"x\">&amp;</p>\n", "<nt(p) na(id)=s(\"x\")>se(&amp;)</nt(p)>\n"),
            ("python", "def f(x): return not x\n", "kd(def) nf(f)(nv(x)): k(return not) x\n"),
            ("liquid", "<p>{{ a | b }}</p>", "<nt(p)>cp({{) nv(a) | nv(b) cp(}})</nt(p)>"),
        ] {
            assert_eq!(show(language, code), shown);
        }
    }

    #[test]
    fn a_session_is_prompts_commands_and_answers() {
        assert_eq!(
            show("console", "$ cd \"a\nb\n$ echo c # d\nlet x\n"),
            "gp($) nb(cd) s(\"a)\nb\ngp($) nb(echo) c c(# d)\nlet x\n"
        );
    }

    #[test]
    fn nothing_is_loaded_for_what_is_plain() {
        let languages = Languages::default();
        let mut highlighter = Highlighter::new(&languages);
        for language in ["", "text", "TXT", "plain", "{note}", "{=html}"] {
            assert_eq!(highlighter.spans(language, "let x = 1;\n"), [], "{language}");
        }
        assert!(!languages.are_read());
        assert_eq!(highlighter.spans("no-such-language", "let x = 1;\n"), []);
    }

    #[test]
    fn a_line_that_is_too_long_is_plain_and_those_around_it_are_not() {
        let code = format!("let a;\n// {}\nlet b;\n", "x".repeat(LINE));
        let shown = show("rust", &code);
        assert!(shown.starts_with("kt(let) a;\n// x") && shown.ends_with("x\nkt(let) b;\n"));
        assert!(show("rust", &code[..LINE]).contains("c(// x"));
    }

    #[test]
    fn what_a_page_costs_is_bounded() {
        let languages = Languages::default();
        let mut highlighter = Highlighter::new(&languages);
        let line = format!("// {}\n", "x".repeat(LINE / 2));
        let lines = WORK / cost(&line);
        let end = |spans: &[Span]| spans.first().map(|span| span.end);
        let most = line.repeat(lines);
        assert_eq!(end(highlighter.spans("rust", &most)), Some(most.len() - 1));
        assert_eq!(highlighter.spans("rust", &line), []);
        highlighter.begin_page();
        assert_eq!(end(highlighter.spans("rust", &line.repeat(2 * lines))), Some(most.len() - 1));
    }
}
