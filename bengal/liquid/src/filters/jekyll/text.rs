//! Filters from text to text, or to a number.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::super::encode;
use super::super::input::{is_space, str_of, text};
use super::super::number::leading_whole;
use super::super::text::changed;
use crate::filter::{Arguments, FilterError, Filtered, Surroundings};
use crate::limits::{CALL_WORK, MARKDOWN_WORK, TextBuilder, text_bytes};
use crate::value::Value;

/// What stays as it is in a whole URL: RFC 3986's reserved and unreserved characters.
const URL: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b':')
    .remove(b'/')
    .remove(b'?')
    .remove(b'#')
    .remove(b'[')
    .remove(b']')
    .remove(b'@')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=');

/// `&`, `<`, `>` and `"` as entities; apostrophes stay.
pub(super) fn xml_escape<'v>(
    input: Value<'v>,
    _: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    encode::escaped(input, around, |text| text.starts_with('\''))
}

/// Markdown as HTML, by the program that renders.
pub(super) fn markdownify<'v>(
    input: Value<'v>,
    _: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    changed(input, around, |text| {
        around.budget.work_over(text.len(), MARKDOWN_WORK)?;
        around.budget.work(CALL_WORK)?;
        let html = around.host.markdown(text, around.budget)?;
        text_bytes(html.len())?;
        Ok(Some(html))
    })
}

/// For a whole URL: what may stand in none as `%XX`; what is so already stays so. Nil stays nil.
pub(super) fn uri_escape<'v>(
    input: Value<'v>,
    _: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    if input.is_nil() {
        return Ok(input);
    }
    changed(input, around, |text| {
        // As Addressable does it: decoded, composed, and encoded as a whole, so that nothing is encoded
        // twice. Bytes that are no UTF-8 are left in their order.
        let decoded = Cow::from(percent_decode_str(text));
        let composed: Cow<'_, [u8]> = match std::str::from_utf8(&decoded) {
            Ok(text) if is_nfc_quick(text.chars()) != IsNormalized::Yes => {
                Cow::Owned(text.nfc().collect::<String>().into_bytes())
            }
            _ => decoded,
        };
        let mut made = TextBuilder::with_capacity(composed.len());
        percent_encode(&composed, URL).try_for_each(|part| made.push_str(part))?;
        let made = made.finish();
        Ok((made != text).then_some(made))
    })
}

/// How many words there are: parted by white space, or with `"cjk"` each Chinese, Japanese or Korean
/// letter a word too; `"auto"` is `"cjk"` where there is such a letter.
pub(super) fn number_of_words<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    let input = text(input, around)?;
    let text = str_of(&input);
    let mode = arguments.value(0);
    let count = match mode.as_str() {
        Some("cjk" | "auto") => words_and_letters(text),
        _ => text.split(is_space).filter(|word| !word.is_empty()).count(),
    };
    Ok(Value::from(count))
}

/// Without a letter of [`is_cjk`], the number of words is the same.
fn words_and_letters(text: &str) -> usize {
    let mut count = 0;
    let mut within = false;
    for c in text.chars() {
        let cjk = is_cjk(c);
        let part_of_word = !cjk && !is_space(c);
        count += usize::from(cjk || (part_of_word && !within));
        within = part_of_word;
    }
    count
}

/// Whether the script of a letter is Han, Hiragana, Katakana or Hangul (Unicode's Scripts.txt).
fn is_cjk(c: char) -> bool {
    if c < '\u{1100}' {
        return false;
    }
    let at = CJK.partition_point(|(_, last)| *last < c);
    CJK.get(at).is_some_and(|(first, _)| *first <= c)
}

/// First and last of each run of letters of those scripts, in order.
const CJK: &[(char, char)] = &[
    ('\u{1100}', '\u{11ff}'),
    ('\u{2e80}', '\u{2e99}'),
    ('\u{2e9b}', '\u{2ef3}'),
    ('\u{2f00}', '\u{2fd5}'),
    ('\u{3005}', '\u{3005}'),
    ('\u{3007}', '\u{3007}'),
    ('\u{3021}', '\u{3029}'),
    ('\u{302e}', '\u{302f}'),
    ('\u{3038}', '\u{303b}'),
    ('\u{3041}', '\u{3096}'),
    ('\u{309d}', '\u{309f}'),
    ('\u{30a1}', '\u{30fa}'),
    ('\u{30fd}', '\u{30ff}'),
    ('\u{3131}', '\u{318e}'),
    ('\u{31f0}', '\u{321e}'),
    ('\u{3260}', '\u{327e}'),
    ('\u{32d0}', '\u{32fe}'),
    ('\u{3300}', '\u{3357}'),
    ('\u{3400}', '\u{4dbf}'),
    ('\u{4e00}', '\u{9fff}'),
    ('\u{a960}', '\u{a97c}'),
    ('\u{ac00}', '\u{d7a3}'),
    ('\u{d7b0}', '\u{d7c6}'),
    ('\u{d7cb}', '\u{d7fb}'),
    ('\u{f900}', '\u{fa6d}'),
    ('\u{fa70}', '\u{fad9}'),
    ('\u{ff66}', '\u{ff6f}'),
    ('\u{ff71}', '\u{ff9d}'),
    ('\u{ffa0}', '\u{ffbe}'),
    ('\u{ffc2}', '\u{ffc7}'),
    ('\u{ffca}', '\u{ffcf}'),
    ('\u{ffd2}', '\u{ffd7}'),
    ('\u{ffda}', '\u{ffdc}'),
    ('\u{16fe2}', '\u{16fe3}'),
    ('\u{16ff0}', '\u{16ff1}'),
    ('\u{1aff0}', '\u{1b167}'),
    ('\u{1f200}', '\u{1f200}'),
    ('\u{20000}', '\u{323af}'),
];

/// `/index.html` or `/index.htm` at the end as `/`; nil and what is empty as nil.
pub(super) fn strip_index<'v>(
    input: Value<'v>,
    _: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    let input = text(input, around)?;
    if str_of(&input).is_empty() {
        return Ok(Value::Nil);
    }
    changed(input, around, |text| {
        let folder = text.strip_suffix("index.html").or_else(|| text.strip_suffix("index.htm"));
        Ok(folder.filter(|folder| folder.ends_with('/')).map(str::to_owned))
    })
}

/// The whole number that a text begins with, or that is left of a number without its fraction; 1 for
/// true, the Unix time for a date, 0 for all else.
pub(super) fn to_integer<'v>(
    input: Value<'v>,
    _: &Arguments<'_, 'v>,
    _: &Surroundings<'_>,
) -> Filtered<'v> {
    Ok(Value::Int(match &input {
        Value::Int(number) => *number,
        Value::Float(number) => truncated(*number)?,
        Value::Bool(value) => i64::from(*value),
        Value::Date(date) => date.seconds,
        Value::Str(_) | Value::Text(_) => {
            leading_whole(str_of(&input).trim_start_matches(is_space))?
        }
        Value::Nil | Value::Empty | Value::Blank => 0,
        other => return FilterError::argument(format!("cannot make a number of {}", other.kind())),
    }))
}

fn truncated(number: f64) -> Result<i64, FilterError> {
    if !number.is_finite() {
        return FilterError::argument("the number is not finite");
    }
    #[expect(clippy::cast_possible_truncation, reason = "the cast saturates")]
    Ok(number as i64)
}

/// The value as Ruby's `inspect` shows it, for HTML.
pub(super) fn inspect<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    surroundings: &Surroundings<'_>,
) -> Filtered<'v> {
    let mut shown = TextBuilder::default();
    shown.write_with(|made| input.inspect(made))?;
    xml_escape(Value::from(shown.finish()), arguments, surroundings)
}
