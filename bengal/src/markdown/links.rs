//! Which links are filled in once all pages are known.

/// Whether a link's target may be a file of the site: relative, and its path ends in a name with an
/// extension.
pub fn is_file(url: &str) -> bool {
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

/// Whether a link's target begins at the site's root.
pub fn is_from_root(url: &str) -> bool {
    url.starts_with('/') && !url.starts_with("//")
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

    #[test]
    fn another_host_is_not_the_sites_root() {
        assert!(is_from_root("/") && is_from_root("/a/"));
        assert!(!is_from_root("//x.org/") && !is_from_root("a/") && !is_from_root(""));
    }
}
