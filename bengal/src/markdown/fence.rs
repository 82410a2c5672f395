//! What stands behind the fence of a block of code: its language, and how it is to be shown.
//!
//! Understood is what people are used to from elsewhere: ```` ```rust {linenos,hl=3-5} ````, Hugo's
//! `{linenos=true,hl_lines=[1,"3-4"]}`, Zola's `rust,linenos,hl_lines=1 3-4`, Docusaurus's
//! `js title="a.js" {1,3-4} showLineNumbers`, MkDocs's `linenums="1" hl_lines="1 3-4"`.
//!
//! **Invariant:** anything may stand there; what is not understood is left alone.

/// How a block is to be shown.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fence<'i> {
    /// The language; empty where none is given.
    pub language: &'i str,
    /// Its caption; empty where there is none.
    pub title: &'i str,
    /// Whether its lines have numbers, where it says so.
    pub numbered: Option<bool>,
    /// The number of its first line, where it says so.
    pub start: Option<u32>,
    /// The lines that are marked, from 1: first and last of each stretch, in order.
    pub marked: Vec<(u32, u32)>,
}

impl<'i> Fence<'i> {
    /// Reads an info string.
    pub fn read(info: &'i str) -> Self {
        let info = info.trim();
        let ends_language = |c: char| c.is_whitespace() || c == ',' || c == '{';
        let (language, mut rest) = info.split_at(info.find(ends_language).unwrap_or(info.len()));
        let mut fence = Self { language, ..Self::default() };
        while let Some((key, value)) = next_option(&mut rest) {
            fence.set(key, value);
        }
        fence.marked.sort_unstable();
        fence
    }

    fn set(&mut self, key: &str, value: &'i str) {
        match key {
            "linenos" | "linenums" | "showLineNumbers" => {
                let start = value.parse().ok();
                self.start = start.or(self.start);
                self.numbered = Some(value != "false");
            }
            "linenostart" => {
                self.start = value.parse().ok();
                self.numbered = self.numbered.or(Some(true));
            }
            "hl" | "hl_lines" => self.marked.extend(stretches(value)),
            "title" | "name" | "file" | "filename" => self.title = value.trim(),
            _ => self.marked.extend(stretches(key)),
        }
    }
}

/// Takes the next option off the head of `rest`: its name, and its value, which is empty where it has
/// none.
fn next_option<'i>(rest: &mut &'i str) -> Option<(&'i str, &'i str)> {
    let parts = |c: char| c.is_whitespace() || matches!(c, ',' | '{' | '}');
    *rest = rest.trim_start_matches(parts);
    if rest.is_empty() {
        return None;
    }
    let (key, after) = rest.split_at(rest.find(|c| parts(c) || c == '=').unwrap_or(rest.len()));
    let Some(value) = after.strip_prefix('=') else {
        *rest = after;
        return Some((key, ""));
    };
    let closing = match value.chars().next() {
        Some(quote @ ('"' | '\'')) => Some(quote),
        Some('[') => Some(']'),
        _ => None,
    };
    let enclosed = closing.and_then(|closing| value[1..].split_once(closing));
    let (value, after) =
        enclosed.unwrap_or_else(|| value.split_at(value.find(parts).unwrap_or(value.len())));
    *rest = after;
    Some((key, value))
}

/// The stretches of lines that `text` names, such as `1 3-5` or `1,"3-5"`; none where anything else
/// stands in it.
fn stretches(text: &str) -> impl Iterator<Item = (u32, u32)> {
    let is_list = text.chars().all(|c| c.is_ascii_digit() || "-, \"'".contains(c));
    let text = if is_list { text } else { "" };
    text.split([',', ' ', '"', '\'']).filter_map(|stretch| {
        let (first, last) = stretch.split_once('-').unwrap_or((stretch, stretch));
        Some((first.parse().ok()?, last.parse().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_habit_says_the_same() {
        let wanted = Fence {
            language: "rust",
            title: "",
            numbered: Some(true),
            start: None,
            marked: vec![(1, 1), (3, 4)],
        };
        for info in [
            "rust {linenos,hl=1,3-4}",
            "rust {linenos hl=3-4,1}",
            "rust {linenos=true,hl_lines=[1,\"3-4\"]}",
            "rust{hl_lines=[1,'3-4'],linenos=table}",
            "rust,linenos,hl_lines=1 3-4",
            "rust,ignore,linenos,hl=1,3-4,should_panic",
            "rust showLineNumbers {1,3-4}",
            "rust linenums hl_lines=\"1 3-4\"",
        ] {
            assert_eq!(Fence::read(info), wanted, "{info}");
        }
    }

    #[test]
    fn titles_and_first_numbers() {
        let fence = Fence::read("js title=\"a, {b}.js\" {linenostart=10}");
        assert_eq!((fence.title, fence.numbered, fence.start), ("a, {b}.js", Some(true), Some(10)));
        assert_eq!(Fence::read("js title='x y'").title, "x y");
        assert_eq!(Fence::read("js,title=x.js,hl=2").title, "x.js");
        let fence = Fence::read("js linenums=\"5\"");
        assert_eq!((fence.numbered, fence.start), (Some(true), Some(5)));
        let fence = Fence::read("js {linenos=false,linenostart=3}");
        assert_eq!((fence.numbered, fence.start), (Some(false), Some(3)));
    }

    #[test]
    fn what_is_not_understood_is_left_alone() {
        for info in ["", " ", "{note}", "{.rust .x}", "{", "{}}", "{=html}", "{,=,}"] {
            assert_eq!(Fence::read(info), Fence::default(), "{info}");
        }
        for info in [
            "c++ = x",
            "c++ {hl=}",
            "c++ {hl=x,hl=1x-2}",
            "c++ title=",
            "c++ {linenostart=x,linenos=false,hl=99999999999}",
            "c++ {1-,-1}",
        ] {
            let Fence { language, title, marked, start, .. } = Fence::read(info);
            assert_eq!((language, title, marked, start), ("c++", "", vec![], None), "{info}");
        }
        assert_eq!(Fence::read("a title=\"x").title, "\"x");
        assert_eq!(Fence::read("a hl=[1").marked, []);
        assert_eq!(Fence::read("ä{1}é=ü").language, "ä");
    }
}
