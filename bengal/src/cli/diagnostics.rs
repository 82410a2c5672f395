//! How diagnostics look on a terminal, and how anything is printed. The only module that names
//! annotate-snippets.
//!
//! **Invariant:** no stream that is closed or full stops the program.

use std::io::{self, Write};

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::diagnostic::{Diagnostic, Severity};
pub(super) use crate::figures::plain;

/// Prints diagnostics on standard error, in colour where that is a terminal.
pub(super) fn print(diagnostics: &[Diagnostic]) {
    let renderer = Renderer::styled();
    for diagnostic in diagnostics {
        print_error(&format!("{}\n", render(&renderer, diagnostic)));
    }
}

/// Prints `text` and a line's end on standard output, as [`print_text`].
pub(super) fn print_line(text: &str) {
    print_text(&format!("{text}\n"));
}

/// Prints `text` on standard output as it is. That nobody reads it is no fault, as in
/// `bengal build | head`; anything else is said on standard error.
pub(super) fn print_text(text: &str) {
    if let Err(error) = write(&mut io::stdout().lock(), text) {
        print_error(&format!("{}: standard output: {error}", error_label()));
    }
}

/// Prints `text` and a line's end on standard error.
pub(super) fn print_error(text: &str) {
    // There is nowhere left to say that this failed.
    let _ = write(&mut anstream::stderr().lock(), &format!("{text}\n"));
}

fn write(stream: &mut impl Write, text: &str) -> io::Result<()> {
    match stream.write_all(text.as_bytes()).and_then(|()| stream.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// `error`, in its colour.
pub(super) fn error_label() -> String {
    let style = annotate_snippets::renderer::DEFAULT_ERROR_STYLE;
    format!("{style}error{style:#}")
}

/// `warning`, in its colour.
#[cfg(feature = "serve")]
pub(super) fn warning_label() -> String {
    let style = annotate_snippets::renderer::DEFAULT_WARNING_STYLE;
    format!("{style}warning{style:#}")
}

fn render(renderer: &Renderer, diagnostic: &Diagnostic) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let (message, hint) = (plain(&diagnostic.message), diagnostic.hint.as_deref().map(plain));
    let excerpt = diagnostic.place.as_ref().map(|place| plain(&place.excerpt));
    let mut group =
        level.primary_title(message).id(diagnostic.code.name()).elements([] as [Origin<'_>; 0]);
    if let (Some(place), Some(excerpt)) = (&diagnostic.place, &excerpt) {
        group = locate(group, place, excerpt);
    }
    if let Some(hint) = &hint {
        group = group.element(Level::HELP.message(hint.as_str()));
    }
    renderer.render(&[group])
}

fn locate<'a>(
    group: Group<'a>,
    place: &'a crate::diagnostic::Place,
    excerpt: &'a str,
) -> Group<'a> {
    if place.line == 0 || excerpt.trim().is_empty() {
        let origin = Origin::path(place.file.as_str());
        return group.element(match place.line {
            0 => origin,
            line => origin.line(line).char_column(place.column.max(1)),
        });
    }
    let start = excerpt.len() - excerpt.trim_start().len();
    let end = excerpt.trim_end().len();
    let at = match place.column {
        0 => start,
        column => excerpt.char_indices().nth(column - 1).map_or(end, |(at, _)| at),
    };
    let one = excerpt[at.min(end)..].chars().next().map_or(0, char::len_utf8);
    let span = if place.column == 0 { start..end } else { at..at + one };
    group.element(
        Snippet::source(excerpt)
            .line_start(place.line)
            .path(place.file.as_str())
            .annotation(AnnotationKind::Primary.span(span)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Code, Place};

    #[test]
    fn a_diagnostic_shows_its_line_and_a_caret() {
        let place = Place {
            file: "content/a.md".into(),
            line: 3,
            column: 5,
            excerpt: "see [b](b.md)".into(),
        };
        let diagnostic =
            Diagnostic::warning(Code::BrokenLink, "no such page").at(place).hint("try");
        let shown = render(&Renderer::plain(), &diagnostic);
        for part in [
            "warning[broken-link]: no such page",
            "content/a.md:3:5",
            "3 | see [b](b.md)",
            "|     ^",
            "help: try",
        ] {
            assert!(shown.contains(part), "{part} in\n{shown}");
        }
    }

    #[test]
    fn a_reader_that_went_is_no_error_and_a_full_disk_is_one() {
        struct Fails(io::ErrorKind);
        impl Write for Fails {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(self.0.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        assert!(write(&mut Fails(io::ErrorKind::BrokenPipe), "x").is_ok());
        assert!(write(&mut Fails(io::ErrorKind::StorageFull), "x").is_err());
    }

    #[test]
    fn no_place_and_no_text_makes_it_panic() {
        for (line, column, excerpt) in
            [(0, 0, ""), (1, 9, "ä"), (1, 0, "  x "), (2, 1, ""), (1, 2, "a\u{1b}[2J")]
        {
            let place = Place { file: "f".into(), line, column, excerpt: excerpt.into() };
            let shown =
                render(&Renderer::plain(), &Diagnostic::error(Code::NotUtf8, "m\u{7}").at(place));
            assert!(!shown.contains('\u{1b}') && !shown.contains('\u{7}'), "{shown}");
        }
    }
}
