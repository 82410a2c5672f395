//! How deeply the quotes of a body nest, found out before comrak sees it.

/// Quotes that one line may open before they count towards [`NESTING`]: code has lines of `>` too.
const NESTING_OF_LINE: usize = 100;

/// Quotes that the lines of a body that open many may open in all. What comrak does grows with the
/// square of their depth: this many take a fifth of a second, four times as many take three. Its
/// lists and footnotes have a limit of their own.
const NESTING: usize = 25_000;

/// The line, from 1, at which `text` has opened more quotes than [`NESTING`].
pub(super) fn too_deep(text: &str) -> Option<usize> {
    // No page that people write is looked through.
    if text.len() <= NESTING {
        return None;
    }
    let mut open = 0;
    let line = text.split(['\n', '\r']).position(|line| {
        let own = quotes(line);
        open += if own > NESTING_OF_LINE { own } else { 0 };
        open > NESTING
    })?;
    let before: usize = text.split(['\n', '\r']).take(line).map(|line| line.len() + 1).sum();
    Some(text[..before].matches('\n').count() + 1)
}

/// How many `>` stand at the head of `line`, among white space and the markers of lists and
/// footnotes.
fn quotes(mut line: &str) -> usize {
    let mut count = 0;
    loop {
        let is_marker = |byte: &u8| b"> \t-+*.)".contains(byte) || byte.is_ascii_digit();
        let head = line.bytes().take_while(is_marker);
        let (length, own) =
            head.fold((0, 0), |(length, own), byte| (length + 1, own + usize::from(byte == b'>')));
        count += own;
        let footnote = line[length..].strip_prefix("[^").and_then(|rest| rest.split_once("]:"));
        let Some((_, rest)) = footnote else { return count };
        line = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_that_nest_too_deeply_are_found_with_their_line() {
        assert_eq!(too_deep(&format!("a\r\n\r\n{}", ">".repeat(NESTING + 1))), Some(3));
        assert_eq!(too_deep(&format!("a\n- 1. [^a]: * {}", "> ".repeat(1_000_000))), Some(2));
        assert_eq!(too_deep(&format!("{}\n\na\n\n", ">".repeat(5_000)).repeat(6)), Some(21));
        assert_eq!(too_deep(&">".repeat(5_000)), None);
        assert_eq!(too_deep(&format!("    {}\n", ">".repeat(NESTING_OF_LINE)).repeat(1_000)), None);
    }
}
