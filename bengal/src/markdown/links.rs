//! Which links may lead to files of the site.

/// Whether a link's target may be a file of the site: relative, and its path ends in a name with an
/// extension.
pub(super) fn is_file(url: &str) -> bool {
    let bytes = url.as_bytes();
    if bytes.starts_with(b"//") {
        return false;
    }
    let end = bytes.iter().position(|byte| matches!(byte, b'#' | b'?')).unwrap_or(bytes.len());
    let (mut name, mut dot) = (0, None);
    for (at, byte) in bytes[..end].iter().enumerate() {
        match byte {
            // Before any `/`, a `:` ends a scheme.
            b':' if name == 0 => return false,
            b'/' => (name, dot) = (at + 1, None),
            b'.' if at > name => dot = Some(at),
            _ => {}
        }
    }
    dot.is_some_and(|dot| dot + 1 < end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_relative_urls_with_an_extension_may_be_files() {
        for url in ["a.md", "../a/b.md#c", "/a/b.png?x=/y", "./a.b/c.d"] {
            assert!(is_file(url), "{url}");
        }
        for url in [
            "",
            "#a.b",
            "a/",
            "a/b",
            "//x.org/a.md",
            "https://x.org/a.md",
            "mailto:a@b.c",
            ".hidden",
            "..",
            "../..",
        ] {
            assert!(!is_file(url), "{url}");
        }
    }
}
