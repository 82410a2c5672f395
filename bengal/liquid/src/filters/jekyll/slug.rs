//! `slugify`: text for a URL or an identifier.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::super::text::changed;
use crate::filter::{Arguments, Filtered, Surroundings};
use crate::limits::text_bytes;
use crate::value::Value;

/// Small letters, with `-` for each run of what the mode does not keep, none at the ends: `"default"`
/// keeps letters, marks and digits; `"raw"` all but white space; `"pretty"` also `._~!$&'()+,;=@`;
/// `"ascii"` letters and digits of ASCII; `"latin"` makes ASCII of Latin letters first. With any other
/// mode, as `"none"`, letters are made small and that is all. Nil stays nil.
pub(super) fn slugify<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    if input.is_nil() {
        return Ok(input);
    }
    let mode = arguments.value(0);
    changed(input, around, |text| {
        let slug = match mode.as_str() {
            None | Some("default") => hyphenated(text, is_letter_or_digit),
            Some("latin") => hyphenated(&transliterated(text), is_letter_or_digit),
            Some("raw") => hyphenated(text, |c| !c.is_ascii_whitespace() && c != '\x0b'),
            Some("pretty") => {
                hyphenated(text, |c| is_letter_or_digit(c) || "._~!$&'()+,;=@".contains(c))
            }
            Some("ascii") => hyphenated(text, |c| c.is_ascii_alphanumeric()),
            Some(_) => text.to_owned(),
        };
        // Small letters may have more bytes: `İ` has two, `i̇` three.
        let slug = slug.to_lowercase();
        text_bytes(slug.len())?;
        Ok((slug != text).then_some(slug))
    })
}

/// `text` with one `-` for each run of letters that it does not keep; one at either end is left out.
fn hyphenated(text: &str, keeps: impl Fn(char) -> bool) -> String {
    let mut slug = String::with_capacity(text.len());
    let mut within = true;
    for c in text.chars() {
        let kept = keeps(c);
        if kept {
            slug.push(c);
        } else if within {
            slug.push('-');
        }
        within = kept;
    }
    if slug.ends_with('-') {
        slug.pop();
    }
    if slug.starts_with('-') {
        slug.remove(0);
    }
    slug
}

/// Unicode's categories L, M and Nd.
fn is_letter_or_digit(c: char) -> bool {
    let other_number = matches!(
        c,
        '²' | '³' | '¹' | '¼'..='¾' | '\u{2070}'..='\u{2089}' | '\u{2150}'..='\u{215f}'
            | '\u{2189}' | '\u{2460}'..='\u{24ff}' | '\u{2776}'..='\u{2793}'
    );
    (c.is_alphanumeric() && !other_number) || is_combining_mark(c)
}

/// `text` in ASCII: marks are left out, letters such as `ß` written out, and what is not Latin is `?`.
fn transliterated(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    for c in text.nfc() {
        match written_out(c) {
            Some(letters) => made.push_str(letters),
            None => {
                let base = [c].into_iter().nfd().next();
                made.push(base.filter(char::is_ascii).unwrap_or('?'));
            }
        }
    }
    made
}

/// Latin letters that are not a letter and its marks.
fn written_out(c: char) -> Option<&'static str> {
    Some(match c {
        'Æ' | 'Ǽ' | 'Ǣ' => "AE",
        'æ' | 'ǽ' | 'ǣ' => "ae",
        'Ð' | 'Đ' => "D",
        'ð' | 'đ' => "d",
        'Ø' | 'Ǿ' => "O",
        'ø' | 'ǿ' => "o",
        'Þ' => "Th",
        'þ' => "th",
        'ß' => "ss",
        'ẞ' => "SS",
        'Ħ' => "H",
        'ħ' => "h",
        'ı' => "i",
        'Ĳ' => "IJ",
        'ĳ' => "ij",
        'ĸ' => "k",
        'Ŀ' | 'Ł' => "L",
        'ŀ' | 'ł' => "l",
        'ŉ' => "'n",
        'Ŋ' => "NG",
        'ŋ' => "ng",
        'Œ' => "OE",
        'œ' => "oe",
        'Ŧ' => "T",
        'ŧ' => "t",
        'ſ' => "s",
        _ => return None,
    })
}
