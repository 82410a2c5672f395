//! Segments of URLs and output paths: how a name becomes one, and which are refused.
//!
//! **Invariant:** what these functions return holds no `/`, no `\`, no control character, is never
//! empty, `.` or `..`, and gives itself when given again.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// `name` as a segment: NFC, lower case, white space to `-`, and of the rest only letters, digits
/// and `-_.+`. A name of which nothing is left becomes a digest of itself.
pub fn slugify(name: &str) -> String {
    let mut slug = String::with_capacity(name.len());
    if name.is_ascii() {
        name.bytes().for_each(|byte| push(&mut slug, char::from(byte.to_ascii_lowercase())));
    } else {
        // Lower case first: it may undo the normal form (`İ` gives `i` and a combining dot).
        name.nfc().flat_map(char::to_lowercase).nfc().for_each(|c| push(&mut slug, c));
        // What was between two marks is gone: their order may have to change.
        slug = slug.nfc().collect();
    }
    let trimmed = slug.trim_matches('-');
    let trimmed = if trimmed.bytes().all(|byte| byte == b'.') { "" } else { trimmed };
    if trimmed.is_empty() {
        return format!("x{:08x}", xxhash_rust::xxh3::xxh3_64(name.as_bytes()) >> 32);
    }
    if trimmed.len() == slug.len() { slug } else { trimmed.to_owned() }
}

fn push(slug: &mut String, c: char) {
    if c.is_whitespace() {
        if !slug.ends_with('-') {
            slug.push('-');
        }
    } else if c.is_alphanumeric()
        || matches!(c, '-' | '_' | '.' | '+')
        || unicode_normalization::char::is_combining_mark(c)
    {
        slug.push(c);
    }
}

/// `segment` in a form that Windows takes as a file name, where it does not as it stands: `con` and
/// its kind, and names that end in a dot.
/// Source: <https://learn.microsoft.com/windows/win32/fileio/naming-a-file>.
pub fn portable(segment: &str) -> Cow<'_, str> {
    let stem = segment.split('.').next().unwrap_or_default();
    if RESERVED.iter().any(|name| stem.eq_ignore_ascii_case(name)) {
        return Cow::Owned(format!("{stem}_{}", &segment[stem.len()..]));
    }
    match segment.strip_suffix('.') {
        Some(_) => Cow::Owned(format!("{}_", segment.trim_end_matches('.'))),
        None => Cow::Borrowed(segment),
    }
}

const RESERVED: &[&str] = &[
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8",
    "com9", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// A text under which forms that differ only by case or Unicode form are equal.
pub fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        if !text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Cow::Borrowed(text);
        }
        return Cow::Owned(text.to_ascii_lowercase());
    }
    let lower = text.to_lowercase();
    match is_nfc_quick(lower.chars()) {
        IsNormalized::Yes => Cow::Owned(lower),
        _ => Cow::Owned(lower.nfc().collect()),
    }
}

/// A title made of a file's name: `getting-started` is `Getting Started`.
pub fn titleize(name: &str) -> String {
    let mut title = String::with_capacity(name.len());
    for word in name.split(['-', '_', ' ']).filter(|word| !word.is_empty()) {
        if !title.is_empty() {
            title.push(' ');
        }
        let mut letters = word.chars();
        title.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        title.push_str(letters.as_str());
    }
    if title.is_empty() { name.to_owned() } else { title }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_become_segments() {
        for (name, slug) in [
            ("Getting Started", "getting-started"),
            ("C++", "c++"),
            ("C#", "c"),
            ("v1.0_beta", "v1.0_beta"),
            ("Über  uns!", "über-uns"),
            ("A\u{0308}", "ä"),
            (" -a- ", "a"),
            ("日本語", "日本語"),
            ("a/b\\c", "abc"),
        ] {
            assert_eq!(slugify(name), slug, "{name}");
        }
        assert!(slugify("???").starts_with('x'));
        assert!(slugify("..").starts_with('x'));
    }

    #[test]
    fn names_that_windows_refuses_are_altered() {
        assert_eq!(portable("con"), "con_");
        assert_eq!(portable("aux.html"), "aux_.html");
        assert_eq!(portable("end."), "end_");
        assert_eq!(portable("console"), "console");
    }

    #[test]
    fn titles_are_made_of_file_names() {
        assert_eq!(titleize("getting-started"), "Getting Started");
        assert_eq!(titleize("élan_vital"), "Élan Vital");
        assert_eq!(titleize("-"), "-");
    }

    proptest! {
        #[test]
        fn a_segment_is_always_safe_and_gives_itself_again(name in "\\PC*") {
            let slug = slugify(&name);
            prop_assert!(!slug.is_empty() && slug != "." && slug != "..");
            prop_assert!(!slug.contains(['/', '\\', '\0']));
            prop_assert_eq!(slugify(&slug), slug.clone());
            let folded = fold(&slug);
            prop_assert_eq!(fold(&folded), folded.clone());
        }
    }
}
