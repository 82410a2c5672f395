use std::sync::Arc;

use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::STANDARD;
use crate::date::Date;
use crate::filter::{Arguments, FilterError, Filtered, Surroundings};
use crate::host::NoSite;
use crate::limits::{Budget, LIST_ITEMS, Limit, TEXT_BYTES};
use crate::value::{List, Map, Object, Value};
use crate::watch::Watch;

/// Runs a filter as a template would, with arguments whose number is right.
fn run<'v>(name: &str, input: Value<'v>, arguments: &[Value<'v>]) -> Filtered<'v> {
    with_named(name, input, arguments, &[])
}

fn with_named<'v>(
    name: &str,
    input: Value<'v>,
    positional: &[Value<'v>],
    named: &[(&str, Value<'v>)],
) -> Filtered<'v> {
    let filter = STANDARD.iter().find(|filter| filter.name == name).expect(name);
    assert!((filter.arguments.0..=filter.arguments.1).contains(&positional.len()), "{name}");
    let (now, zone, budget) = (Date::default(), &TimeZone::UTC, &Budget::default());
    let watch = Watch::NONE;
    let surroundings = Surroundings { now, zone, seed: "", host: &NoSite, watch, budget };
    (filter.run)(input, &Arguments { positional, named }, &surroundings)
}

/// A value as JSON has it, `"@1..3"` for a range and `"@empty"`.
fn value(json: &serde_json::Value) -> Value<'_> {
    use serde_json::Value as Json;
    match json {
        Json::Null => Value::Nil,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => {
            number.as_i64().map_or_else(|| Value::Float(number.as_f64().unwrap()), Value::Int)
        }
        Json::String(text) => match text.strip_prefix('@') {
            Some("empty") => Value::Empty,
            Some("date") => Value::Date(Date::default()),
            Some(range) => {
                let (first, last) = range.split_once("..").unwrap();
                Value::Range(first.parse().unwrap(), last.parse().unwrap())
            }
            None => Value::Str(text),
        },
        Json::Array(items) => Value::list(items.iter().map(value).collect()),
        Json::Object(fields) => {
            let fields = fields.iter().map(|(name, of)| (Value::Str(name), value(of)));
            Value::Map(Arc::new(Map(fields.collect())))
        }
    }
}

/// Each line: filter, input and arguments, and after `=>` the result as Ruby's `inspect` shows it, or
/// after `!` the error.
fn table(lines: &str) {
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (name, rest) = line.split_once(' ').unwrap();
        let (call, expected) =
            rest.rsplit_once(" => ").unwrap_or_else(|| rest.rsplit_once(" ! ").unwrap());
        let json: serde_json::Value = serde_json::from_str(&format!("[{call}]")).expect(line);
        let values: Vec<Value<'_>> = json.as_array().unwrap().iter().map(value).collect();
        let shown = match run(name, values[0].clone(), &values[1..]) {
            Ok(value) => {
                let mut text = String::new();
                value.inspect(&mut text).unwrap();
                text
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(shown, expected, "{line}");
    }
}

#[test]
fn names_are_in_order() {
    assert!(STANDARD.windows(2).all(|pair| pair[0].name < pair[1].name));
}

#[test]
fn texts() {
    table(
        r##"
        append "a", "b" => "ab"
        append null, "b" => "b"
        append 1.0, 2 => "1.02"
        append ["a", 1, null], "x" => "[\"a\", 1, nil]x"
        append {"a": 1}, "@empty" => "{\"a\"=>1}"
        prepend "a", "b" => "ba"
        capitalize "hELLO wORLD" => "Hello world"
        capitalize "ßA" => "Ssa"
        capitalize "" => ""
        capitalize null => ""
        capitalize true => "True"
        downcase "ÀÉΣ" => "àéσ"
        upcase "straße" => "STRASSE"
        upcase 5 => "5"
        strip " \t\r\n a b \u0000\n" => "a b"
        strip "   " => ""
        strip "\u00a0a" => " a"
        lstrip " a " => "a "
        rstrip " a " => " a"
        squish " a \n b  c " => "a b c"
        squish "a b" => "a b"
        squish "a\tb" => "a b"
        squish "  " => ""
        squish null => nil
        strip_newlines "a\r\nb\nc\rd\n" => "abc\rd"
        newline_to_br "a\r\nb\nc" => "a<br />\nb<br />\nc"
        replace "aaa", "a", "b" => "bbb"
        replace "abc", "", "-" => "-a-b-c-"
        replace "é", "", "-" => "-é-"
        replace "abc", "b" => "ac"
        replace "a1b", 1, null => "ab"
        replace "abc", "x", "y" => "abc"
        replace "a.b", ".", "\\0" => "a\\0b"
        replace_first "aaa", "a", "b" => "baa"
        replace_first "abc", null, "x" => "xabc"
        replace_last "aaa", "a", "b" => "aab"
        replace_last "abc", "", "x" => "abcx"
        remove "abab", "a" => "bb"
        remove "abab", "" => "abab"
        remove_first "abab", "a" => "bab"
        remove_last "abab", "ab" => "ab"
        slice "Liquid", 2 => "q"
        slice "Liquid", -3, 2 => "ui"
        slice "äöü", 1, 5 => "öü"
        slice "abc", 3, 1 => ""
        slice "abc", 4, 1 => ""
        slice "abc", -4, 1 => ""
        slice "abc", 0, -1 => ""
        slice "abc", 1, false => "b"
        slice "abc", -9223372036854775808, 9223372036854775807 => ""
        slice "abcdefghijk", "0x_a" ! invalid integer
        slice "abcdefghijk", "0xa" => "k"
        slice "abcdefghijk", " 010 " => "i"
        slice "abcdefghijk", "1_0" => "k"
        slice "abcdefghijk", "1__0" ! invalid integer
        slice "abc", 1.5 ! invalid integer
        slice "abc", null ! invalid integer
        slice [1, 2, 3, 4], 1, 2 => [2, 3]
        slice [1, [2]], -1 => [[2]]
        slice [1], 5 => []
        slice 123, 1 => "2"
        slice "@1..3", 0, 2 => "1."
        truncate "Ground control", 10 => "Ground ..."
        truncate "abc", 3 => "abc"
        truncate "abcd", 3 => "..."
        truncate "abcd", 2 => "..."
        truncate "äöüäöü", 5, "…" => "äöüä…"
        truncate "abc", -1 => "..."
        truncate "abc", 2, null => "ab"
        truncate 123456, 5 => "12..."
        truncate null, 5 => nil
        truncate "abc", "x" ! invalid integer
        truncatewords "one two three", 2 => "one two..."
        truncatewords "one two", 2 => "one two"
        truncatewords "one two ", 2 => "one two..."
        truncatewords "one two", 0 => "one..."
        truncatewords "one two", -9, 1 => "one1"
        truncatewords "  a\tb\nc ", 2, "" => "a b"
        truncatewords null => nil
        truncatewords "", 1 => ""
        truncatewords "a", 9223372036854775807 => "a"
        split "a,b,,c,,", "," => ["a", "b", "", "c"]
        split ",a", "," => ["", "a"]
        split "", "," => []
        split ",,", "," => []
        split "  a  b ", " " => ["a", "b"]
        split "aé", "" => ["a", "é"]
        split null, "x" => []
        split 1213, 1 => ["", "2", "3"]
        size "äb" => 2
        size [1, [2]] => 2
        size {"a": 1} => 1
        size "@1..3" => 3
        size 5 => 8
        size 5.5 => 0
        size null => 0
        size true => 0
        size "@empty" => 0
        join [1, ["b", [null, 2.0]], {"a": 1}] => "1 b  2.0 {\"a\"=>1}"
        join ["a", "b"], null => "ab"
        join "@1..3", "-" => "1-2-3"
        join "a,b", "-" => "a,b"
        join null => ""
        join {"a": "b"}, "-" => "{\"a\"=>\"b\"}"
        "##,
    );
}

#[test]
fn markup_and_urls() {
    table(
        r##"
        escape "<a href='x'>\"&amp;\"</a>" => "&lt;a href=&#39;x&#39;&gt;&quot;&amp;amp;&quot;&lt;/a&gt;"
        h "<" => "&lt;"
        escape null => nil
        escape ["<"] => "[&quot;&lt;&quot;]"
        escape_once "1 < 2 &amp; 3 &#39; &#x27; & &; &a1;" => "1 &lt; 2 &amp; 3 &#39; &amp;#x27; &amp; &amp;; &amp;a1;"
        escape_once null => ""
        strip_html "<p>a</p><!-- <b> --><script>x < y</script><style>\n*{}</style>b" => "ab"
        strip_html "a < b" => "a < b"
        strip_html "<script>a" => "a"
        strip_html "<SCRIPT>a</SCRIPT>" => "a"
        strip_html "<scr<script></script>ipt>a" => "a"
        strip_html "<!-->a-->b" => "b"
        strip_html null => ""
        url_encode "a b+c/é~_.-*" => "a+b%2Bc%2F%C3%A9~_.-%2A"
        url_encode null => nil
        url_encode "abc" => "abc"
        url_decode "a+b%20c%2Bé%zz%" => "a b c+é%zz%"
        url_decode "%FF" ! invalid byte sequence in UTF-8
        url_decode null => nil
        base64_encode "aé" => "YcOp"
        base64_encode null => ""
        base64_decode "YcOp" => "aé"
        base64_decode "YQ" ! invalid base64 provided to base64_decode
        base64_decode "YR==" ! invalid base64 provided to base64_decode
        base64_decode "/w==" ! what base64_decode makes is not text
        base64_decode 5 ! invalid base64 provided to base64_decode
        base64_url_safe_encode "??>" => "Pz8-"
        base64_url_safe_decode "Pz8-" => "??>"
        base64_url_safe_decode "Pz8+" => "??>"
        base64_url_safe_decode "YQ" => "a"
        base64_url_safe_decode "YQ=" ! invalid base64 provided to base64_url_safe_decode
        "##,
    );
}

#[test]
fn numbers() {
    table(
        r##"
        plus 0.1, 0.2 => 0.3
        plus 1, "3.5 pounds" => 4
        plus " 2.50 ", 1 => 3.5
        plus "1_000", "+5" => 1005
        plus "_1", "1__0" => 1
        plus "-", "-3x" => -3
        plus null, true => 0
        plus [1], {"a": 1} => 0
        plus "@date", "@empty" => 0
        plus 1e300, 1e300 => 2.0e+300
        plus 9223372036854775807, 1 ! the number is too large
        plus "9223372036854775808", 1 ! the number is too large
        plus 9223372036854775807, 0.5 => 9.223372036854776e+18
        minus 0.3, 0.1 => 0.2
        minus -9223372036854775808, 1 ! the number is too large
        times 1.1, 3 => 3.3
        times 1e-20, 1e-20 => 1.0e-40
        times 1e20, 1e20 => 1.0e+40
        times 4611686018427387904, 2 ! the number is too large
        divided_by 7, 2 => 3
        divided_by -7, 2 => -4
        divided_by 7, -2 => -4
        divided_by 7, 2.0 => 3.5
        divided_by 1.0, 3 => 0.3333333333333333
        divided_by 1e-15, 1e15 => 1.0e-30
        divided_by 1, 0 ! divided by 0
        divided_by 1, 0.0 ! divided by 0
        divided_by 1.5, "x" ! divided by 0
        divided_by -9223372036854775808, -1 ! the number is too large
        modulo 7, 3 => 1
        modulo -7, 3 => 2
        modulo 7, -3 => -2
        modulo -7.5, 2 => 0.5
        modulo -9223372036854775808, -1 => 0
        modulo 1, 0 ! divided by 0
        modulo 1e300, 7 => 1.0
        abs "-5.1" => 5.1
        abs -9223372036854775808 ! the number is too large
        abs null => 0
        ceil 1.2 => 2
        ceil "-1.2" => -1
        ceil 1e300 ! the number is too large
        ceil "x" => 0
        floor -1.2 => -2
        floor null => 0
        round 2.5 => 3
        round -2.5 => -3
        round 1.005, 2 => 1.01
        round 5.666, 1.9 => 5.7
        round 5.666, null => 6
        round 15, -1 => 20
        round -15, -1 => -20
        round 15, 2 => 15
        round 15.5, -1 => 20
        round 15, -99 => 0
        round 9223372036854775807, -1 ! the number is too large
        round 1e300 ! the number is too large
        round 1e300, 2 => 1.0e+300
        round 1e-40, 2 => 0.0
        round 1.5, 1000000000000 => 1.5
        round 1.5, -1000000000000 => 0
        at_least 5, 8.9 => 8.9
        at_least "9", 8 => 9
        at_least 5, null => 5
        at_most 5, 3.5 => 3.5
        at_most 5.0, 5 => 5.0
        at_most 1e300, 1e299 => 1.0e+299
        sum [1, [2.5, "0.1"], null, "x"] => 3.6
        sum [] => 0
        sum null => 0
        sum "@1..4" => 10
        sum [{"k": 1}, {"x": 2}, {"k": [3, 4]}, null, 1.5], "k" => 8
        sum [1], "k" ! cannot select the property 'k'
        sum [9223372036854775807, 1] ! the number is too large
        "##,
    );
}

#[test]
fn lists() {
    table(
        r##"
        compact [1, null, [null, false]] => [1, false]
        compact [{"a": 1}, {"a": null}, {}], "a" => [{"a"=>1}]
        compact [{"a": 1}, null], "a" => nil
        compact [1], "a" ! cannot select the property 'a'
        concat [1, [2]], [3, [4]] => [1, 2, 3, [4]]
        concat null, [1] => [1]
        concat "a", ["b"] => ["a", "b"]
        concat "@1..2", [3] => [1, 2, 3]
        concat [1], "@1..2" ! requires an array argument
        concat [1], null ! requires an array argument
        default null, "x" => "x"
        default false, "x" => "x"
        default "", "x" => "x"
        default [], "x" => "x"
        default {}, "x" => "x"
        default "@empty", "x" => "x"
        default 0, "x" => 0
        default " ", "x" => " "
        default null => ""
        first [1, 2] => 1
        first [] => nil
        first [[1], 2] => [1]
        first "äb" => "ä"
        first "" => nil
        first {"a": 1, "b": 2} => ["a", 1]
        first "@3..1" => 3
        first 5 => nil
        last [1, 2] => 2
        last [] => nil
        last "bä" => "ä"
        last "@3..1" => 1
        last {"a": 1} => nil
        map [{"a": 1}, [{"a": 2}, {}]], "a" => [1, 2, nil]
        map {"a": 1}, "a" => [1]
        map ["abc", null, 1.5, true], "b" => ["b", nil, nil, nil]
        map ["abc", ""], -1 => ["c", nil]
        map [5], "a" ! cannot select the property 'a'
        map ["abc"], null ! cannot select the property ''
        map null, "a" => []
        reverse [1, [2, 3]] => [3, 2, 1]
        reverse "abc" => ["abc"]
        reverse "@1..3" => [3, 2, 1]
        uniq [1, 1.0, "1", 1, null, null, [1]] => [1, 1.0, "1", nil]
        uniq [{"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 2, "b": 2}] => [{"a"=>1, "b"=>2}, {"a"=>2, "b"=>2}]
        uniq [{"a": 1, "b": 2}, {"a": 1}], "a" => [{"a"=>1, "b"=>2}]
        uniq [{"a": 1}, null], "a" => nil
        uniq null => []
        where [{"a": 1}, {"a": 2}, {"b": 1}], "a", 1 => [{"a"=>1}]
        where [{"a": 1}, {"a": 1.0}, {"a": "1"}], "a", 1 => [{"a"=>1}, {"a"=>1.0}]
        where [{"a": false}, {"a": 0}, {"a": null}], "a" => [{"a"=>0}]
        where [{"a": false}, {"a": 0}], "a", false => [{"a"=>false}]
        where [{"a": ""}, {"a": []}], "a", "@empty" => [{"a"=>""}]
        where ["cat", "dog"], "a" => ["cat"]
        where {"a": 1}, "a" => [{"a"=>1}]
        where [{"a": 1}, null], "a" => nil
        where 5, "a" ! cannot select the property 'a'
        where null, "a" => []
        reject [{"a": 1}, {"a": 2}], "a", 1 => [{"a"=>2}]
        reject ["cat", "dog"], "a" => ["dog"]
        has [{"a": 1}], "a", 1 => true
        has [{"a": 1}], "a", 2 => false
        has [{"a": 1}, null], "a" => true
        has [null, {"a": 1}], "a" => nil
        has [], "a" => false
        find [{"a": 1}, {"a": 2}], "a", 2 => {"a"=>2}
        find [{"a": 1}], "a", 3 => nil
        find_index [[{"a": 1}], {"a": 2}], "a", 2 => 1
        find_index [], "a" => nil
        sort [3, 1.5, 2, null] => [1.5, 2, 3, nil]
        sort ["b", "B", "a", null, ["A"]] => ["A", "B", "a", "b", nil]
        sort [9007199254740993, 9007199254740992.0, 9007199254740992] => [9007199254740992.0, 9007199254740992, 9007199254740993]
        sort [1, "a"] ! cannot sort values of incompatible types
        sort [true, false] ! cannot sort values of incompatible types
        sort [true, true, null] => [true, true, nil]
        sort [{}] => [{}]
        sort [{"a": 2, "i": 1}, {"a": 1}, {"i": 2}, {"a": 2, "i": 3}], "a" => [{"a"=>1}, {"a"=>2, "i"=>1}, {"a"=>2, "i"=>3}, {"i"=>2}]
        sort [{"a": 1}, null], "a" => nil
        sort [1], "a" ! cannot select the property 'a'
        sort [], "a" => []
        sort null => []
        sort_natural ["b", "B", "a", "A_", "Ab", null] => ["a", "A_", "Ab", "b", "B", nil]
        sort_natural [10, 9, "1a"] => [10, "1a", 9]
        sort_natural [{"a": "B"}, {"a": "a"}], "a" => [{"a"=>"a"}, {"a"=>"B"}]
        "##,
    );
}

#[test]
fn dates() {
    table(
        r##"
        date "@date", "%Y" => "1970"
        date 1152098955, "%m/%d/%Y" => "07/05/2006"
        date "now", "%s" => "0"
        date "March 14, 2016", "%b %d, %y" => "Mar 14, 16"
        date "@date", "" => 1970-01-01 00:00:00 +0000
        date "no date", "%Y" => "no date"
        date "", "%Y" => ""
        date null, "%Y" => nil
        date 1.5, "%Y" => 1.5
        date [1], "%Y" => [1]
        date 9223372036854775807, "%Y" => 9223372036854775807
        date 0, 5 => "5"
        "##,
    );
}

#[test]
fn default_may_keep_false() {
    let keep = [("allow_false", Value::Bool(true))];
    let run = |input| with_named("default", input, &[Value::Int(1)], &keep).unwrap();
    assert_eq!(run(Value::Bool(false)), Value::Bool(false));
    assert_eq!(run(Value::Nil), Value::Int(1));
    assert_eq!(run(Value::Str("")), Value::Int(1));
}

#[test]
fn a_text_that_stays_as_it_is_is_not_copied() {
    let text: Arc<str> = "plain".into();
    for filter in STANDARD {
        let arguments: &[Value<'_>] = match filter.name {
            "append" | "prepend" => &[Value::Str("")],
            "remove" | "remove_first" | "remove_last" => &[Value::Str("x")],
            "replace" | "replace_first" | "replace_last" => &[Value::Str("x"), Value::Str("y")],
            "date" => &[Value::Str("%Y")],
            "slice" => &[Value::Int(0), Value::Int(5)],
            "default" | "truncate" | "truncatewords" | "downcase" | "escape" | "escape_once" => &[],
            "lstrip" | "newline_to_br" | "rstrip" | "squish" | "strip" | "strip_html" => &[],
            "strip_newlines" | "url_decode" | "url_encode" => &[],
            _ => continue,
        };
        let result = run(filter.name, Value::Text(Arc::clone(&text)), arguments);
        assert!(
            matches!(result, Ok(Value::Text(same)) if Arc::ptr_eq(&same, &text)),
            "{}",
            filter.name
        );
        let borrowed = run(filter.name, Value::Str(&text), arguments);
        assert!(
            matches!(borrowed, Ok(Value::Str(same)) if std::ptr::eq(same, &*text)),
            "{}",
            filter.name
        );
    }
    let part = run("strip", Value::Str(" a "), &[]);
    assert!(matches!(part, Ok(Value::Str("a"))), "a part of a borrowed text is borrowed");
}

/// An object and a list of a host's, which give the same each time they are asked.
#[derive(Debug)]
struct Page(i64);

impl Object for Page {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        (name == "weight").then_some(Value::Int(self.0))
    }

    fn names<'s>(&'s self, each: &mut dyn FnMut(&'s str)) {
        each("weight");
    }
}

#[derive(Debug)]
struct Pages(Vec<Page>);

impl List for Pages {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn get(&self, index: usize) -> Option<Value<'_>> {
        self.0.get(index).map(|page| Value::Object(page))
    }
}

#[test]
fn objects_of_the_host_come_out_as_they_are() {
    let pages = Pages([3, 1, 2, 1].map(Page).into());
    let all = Value::List(&pages);
    let weight = [Value::Str("weight")];
    for (name, expected) in
        [("sort", "1 1 2 3"), ("reverse", "1 2 1 3"), ("uniq", "3 1 2"), ("compact", "3 1 2 1")]
    {
        let arguments = if name == "reverse" { &[][..] } else { &weight };
        let list = run(name, all.clone(), arguments).unwrap();
        let weights = run("map", list, &weight).unwrap();
        assert_eq!(run("join", weights, &[]), Ok(Value::Str(expected)), "{name}");
    }
    let found = run("find", all.clone(), &[Value::Str("weight"), Value::Int(1)]).unwrap();
    let Value::Object(found) = found else { panic!("an object") };
    assert!(std::ptr::addr_eq(found, &raw const pages.0[1]));
    // Without a property, two objects that show the same are the same.
    assert_eq!(run("uniq", all, &[]).unwrap().len(), Some(3));
}

#[test]
fn bombs_are_stopped() {
    let large = Value::text("a".repeat(TEXT_BYTES / 2 + 1));
    let marks = Value::text("\n'".repeat(TEXT_BYTES / 4));
    let full = Value::text("&".repeat(TEXT_BYTES));
    let range = Value::Range(i64::MIN, i64::MAX);
    let many = Value::list(vec![Value::Int(1); LIST_ITEMS]);
    let text = Limit::TextBytes;
    let list = Limit::ListItems;
    for (name, input, arguments, limit) in [
        ("append", &large, vec![large.clone()], text),
        ("prepend", &large, vec![large.clone()], text),
        ("replace", &large, vec![Value::Str("a"), Value::Str("bbb")], text),
        ("replace", &large, vec![Value::Str(""), large.clone()], text),
        ("replace_first", &large, vec![Value::Str(""), large.clone()], text),
        ("replace_last", &large, vec![Value::Str(""), large.clone()], text),
        ("truncatewords", &marks, vec![Value::Int(1), full.clone()], text),
        ("newline_to_br", &marks, vec![], text),
        ("escape", &marks, vec![], text),
        ("escape_once", &full, vec![], text),
        ("url_encode", &full, vec![], text),
        ("base64_encode", &full, vec![], text),
        ("base64_url_safe_encode", &full, vec![], text),
        ("join", &many, vec![Value::Str("                ")], text),
        ("date", &Value::Int(0), vec![Value::Str("%99999999d")], text),
        ("append", &many, vec![Value::list(vec![many.clone(); 9])], text),
        ("split", &large, vec![Value::Str("")], list),
        ("split", &large, vec![Value::Str("a")], list),
        ("concat", &many, vec![Value::list(vec![Value::Nil])], list),
        ("join", &range, vec![], text),
        ("sort", &range, vec![], list),
        ("sum", &Value::Range(0, i64::MAX), vec![], list),
        ("uniq", &range, vec![], list),
        ("reverse", &range, vec![], list),
        ("map", &Value::list(vec![many.clone(), many.clone()]), vec![Value::Str("a")], list),
    ] {
        let result = match (name, limit) {
            ("map", _) => run("reverse", input.clone(), &[]),
            _ => run(name, input.clone(), &arguments),
        };
        assert_eq!(result.map(|value| value.kind()), Err(FilterError::Limit(limit)), "{name}");
    }
}

#[test]
fn lists_that_hold_each_other_end() {
    let mut nested = Value::list(vec![]);
    for _ in 0..60 {
        nested = Value::list(vec![nested.clone(), nested]);
    }
    for name in ["join", "reverse", "sort", "sum", "compact", "uniq", "upcase", "size"] {
        let result = run(name, nested.clone(), &[]);
        assert!(name == "size" || matches!(result, Err(FilterError::Limit(_))), "{name}");
    }
}

#[test]
fn html_that_never_closes_takes_no_longer_than_any_other() {
    for start in ["<script", "<!--", "<style", "<", "&a"] {
        let text = Value::text(start.repeat(1 << 18));
        assert!(run("strip_html", text.clone(), &[]).is_ok());
        assert!(run("escape_once", text, &[]).is_ok());
    }
}

fn any_value() -> impl Strategy<Value = Value<'static>> {
    let scalar = prop_oneof![
        Just(Value::Nil),
        Just(Value::Empty),
        Just(Value::Blank),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        (-30_i64..30).prop_map(Value::Int),
        any::<f64>().prop_map(Value::Float),
        ".*".prop_map(Value::from),
        "[-+_%:<>&;/., 0-9a-zTZ]{0,24}".prop_map(Value::from),
        "(%[-_0^#:]{0,2}[0-9]{0,3}[a-zA-Z%+])*".prop_map(Value::from),
        prop::sample::select(vec!["a", "now", "2016-03-14", "Mar 1 2 pm", "-1.5", "é", " ", ""])
            .prop_map(Value::Str),
        (any::<i64>(), any::<u32>(), any::<i32>()).prop_map(|(seconds, nanoseconds, offset)| {
            Value::Date(Date { seconds, nanoseconds, offset })
        }),
        (-9_i64..9, -9_i64..9).prop_map(|(first, last)| Value::Range(first, last)),
    ];
    scalar.prop_recursive(3, 24, 5, |inner| {
        let field = (prop::sample::select(vec!["a", "b", ""]).prop_map(Value::Str), inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..5).prop_map(Value::list),
            prop::collection::vec(field, 0..4).prop_map(|fields| Value::Map(Arc::new(Map(fields)))),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn no_filter_panics(
        input in any_value(),
        arguments in prop::collection::vec(any_value(), 2),
        named in any_value(),
    ) {
        for filter in STANDARD {
            let named: Vec<_> = filter.named.iter().map(|name| (*name, named.clone())).collect();
            for count in filter.arguments.0..=filter.arguments.1 {
                let result = with_named(filter.name, input.clone(), &arguments[..count], &named);
                let fits = result.ok().and_then(|value| Some(value.as_str()?.len()));
                prop_assert!(fits.unwrap_or(0) <= TEXT_BYTES);
            }
        }
    }
}
