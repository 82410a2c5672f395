//! What standard output can show: its width, colours, and signs.

use std::io::{self, IsTerminal};

use anstream::{AutoStream, ColorChoice};
use clap::builder::styling::{AnsiColor, Style};

use crate::perf::look::Look;
use crate::perf::table::Tone;

/// The width of what is no terminal, or does not say.
const WIDTH: usize = 80;

/// What is known of standard output. Colours and bars are for terminals only; `NO_COLOR` is respected,
/// and `COLUMNS` goes before what the terminal says.
pub(super) fn look() -> Look {
    let stdout = io::stdout();
    let colours = AutoStream::choice(&stdout) != ColorChoice::Never;
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    Look {
        width: columns.or_else(terminal_width).unwrap_or(WIDTH).clamp(20, 1000),
        bars: stdout.is_terminal(),
        unicode: is_unicode(["LC_ALL", "LC_CTYPE", "LANG"].map(|name| std::env::var(name).ok())),
        paint: if colours { painted } else { |_, text| text.to_owned() },
    }
}

/// Whether the locale that these variables name, the first that says something, has more than ASCII.
fn is_unicode(locale: [Option<String>; 3]) -> bool {
    let named = locale.into_iter().flatten().find(|value| !value.is_empty());
    let named = named.map(|value| value.to_ascii_lowercase().replace('-', ""));
    named.map_or(cfg!(windows), |locale| locale.contains("utf8"))
}

#[cfg(unix)]
fn terminal_width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col > 0).then(|| usize::from(size.ws_col))
}

#[cfg(not(unix))]
fn terminal_width() -> Option<usize> {
    None
}

fn painted(tone: Tone, text: &str) -> String {
    let style = match tone {
        Tone::Plain => return text.to_owned(),
        Tone::Faint => Style::new().dimmed(),
        Tone::Good => AnsiColor::Green.on_default(),
        Tone::Bad => AnsiColor::Red.on_default().bold(),
        Tone::Strong => AnsiColor::Cyan.on_default(),
    };
    format!("{style}{text}{style:#}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_that_says_something_names_the_locale() {
        let locale = |names: [&str; 3]| is_unicode(names.map(|name| Some(name.to_owned())));
        assert!(locale(["", "", "en_GB.UTF-8"]) && locale(["C.utf8", "C", "C"]));
        assert!(!locale(["C", "en_GB.UTF-8", "en_GB.UTF-8"]) && !locale(["", "", "de_DE@euro"]));
        assert_eq!(is_unicode([None, None, None]), cfg!(windows));
    }
}
