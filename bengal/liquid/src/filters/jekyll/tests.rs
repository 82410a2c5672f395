//! Every filter, with inputs of every kind.

use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::{JEKYLL, NESTING};
use crate::date::Date;
use crate::filter::{Arguments, FilterError, Filtered, Surroundings};
use crate::host::NoSite;
use crate::limits::{Budget, LIST_ITEMS, Limit, TEXT_BYTES};
use crate::value::{List, Map, Object, Value};
use crate::watch::Watch;

/// A page of a host's.
#[derive(Debug)]
struct Page {
    title: &'static str,
    weight: Option<i64>,
    tags: Tags,
    author: Author,
}

#[derive(Debug)]
struct Tags(&'static [&'static str]);

#[derive(Debug)]
struct Author(&'static str);

impl Object for Page {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        match name {
            "title" => Some(Value::Str(self.title)),
            "weight" => Some(self.weight.into()),
            "tags" => Some(Value::List(&self.tags)),
            "author" => Some(Value::Object(&self.author)),
            "a.b" => Some(Value::Str("whole")),
            // Known, and not among the names: it leads to another page.
            "next" => Some(Value::Nil),
            _ => None,
        }
    }

    fn names<'s>(&'s self, each: &mut dyn FnMut(&'s str)) {
        ["title", "weight", "tags", "author"].into_iter().for_each(each);
    }
}

impl Object for Author {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        (name == "name").then_some(Value::Str(self.0))
    }

    fn names<'s>(&'s self, each: &mut dyn FnMut(&'s str)) {
        each("name");
    }
}

impl List for Tags {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn get(&self, index: usize) -> Option<Value<'_>> {
        self.0.get(index).map(|tag| Value::Str(tag))
    }
}

static PAGES: [Page; 3] = [
    Page { title: "One", weight: Some(10), tags: Tags(&["a", "b"]), author: Author("Ann") },
    Page { title: "Two", weight: None, tags: Tags(&[]), author: Author("Ben") },
    Page { title: "Ten", weight: Some(9), tags: Tags(&["b"]), author: Author("Ann") },
];

fn pages() -> Value<'static> {
    list(PAGES.iter().map(|page| Value::Object(page)))
}

fn list<'v>(items: impl IntoIterator<Item = Value<'v>>) -> Value<'v> {
    Value::list(items.into_iter().collect())
}

fn texts(items: &[&'static str]) -> Value<'static> {
    list(items.iter().map(|item| Value::Str(item)))
}

fn map<'v>(fields: &[(&'v str, Value<'v>)]) -> Value<'v> {
    let fields = fields.iter().map(|(name, value)| (Value::Str(name), value.clone()));
    Value::Map(Map(fields.collect()).into())
}

/// 2008-11-03T13:07:54-08:00.
const DATE: Date = Date { seconds: 1_225_746_474, nanoseconds: 0, offset: -28_800 };

fn run_seeded<'v>(
    name: &str,
    input: Value<'v>,
    arguments: &[Value<'v>],
    seed: &str,
) -> Filtered<'v> {
    let filter = JEKYLL.iter().find(|filter| filter.name == name).expect("a filter of that name");
    let (least, most) = filter.arguments;
    assert!((least..=most).contains(&arguments.len()), "{name} takes {least} to {most} arguments");
    let (zone, budget, watch) = (&TimeZone::UTC, &Budget::default(), Watch::NONE);
    let surroundings = Surroundings { now: DATE, zone, seed, host: &NoSite, watch, budget };
    (filter.run)(input, &Arguments { positional: arguments, named: &[] }, &surroundings)
}

fn run<'v>(name: &str, input: Value<'v>, arguments: &[Value<'v>]) -> Filtered<'v> {
    run_seeded(name, input, arguments, "blog/one.md")
}

/// What comes out, as Ruby's `inspect` shows it, or the error.
#[track_caller]
fn shown(name: &str, input: Value<'_>, arguments: &[Value<'_>]) -> String {
    match run(name, input, arguments) {
        Ok(value) => {
            let mut shown = String::new();
            value.inspect(&mut shown).expect("room");
            shown
        }
        Err(error) => format!("! {error}"),
    }
}

#[track_caller]
fn check(name: &str, table: &[(Value<'_>, &[Value<'_>], &str)]) {
    for (input, arguments, expected) in table {
        let shown = shown(name, input.clone(), arguments);
        assert_eq!(&shown, expected, "{input:?} | {name}: {arguments:?}");
    }
}

/// From text to text, without arguments.
#[track_caller]
fn check_texts(name: &str, table: &[(&str, &str)]) {
    for (input, expected) in table {
        let made = run(name, Value::Str(input), &[]).expect(name);
        assert_eq!(made.as_str(), Some(*expected), "{input:?} | {name}");
        if input == expected {
            assert!(matches!(made, Value::Str(_)), "{name} copied {input:?}");
        }
    }
}

const NONE: &[Value<'static>] = &[];

#[test]
fn filters_are_in_the_order_of_their_names() {
    assert!(JEKYLL.is_sorted_by(|a, b| a.name < b.name));
}

#[test]
fn dates_are_shown_for_feeds_and_readers() {
    let date = Value::Date(DATE);
    let ordinal = [Value::Str("ordinal")];
    let american = [Value::Str("ordinal"), Value::Str("US")];
    check(
        "date_to_xmlschema",
        &[
            (date.clone(), NONE, r#""2008-11-03T13:07:54-08:00""#),
            (Value::Str("2024-02-29 12:00"), NONE, r#""2024-02-29T12:00:00+00:00""#),
            (Value::Int(0), NONE, r#""1970-01-01T00:00:00+00:00""#),
            (Value::Nil, NONE, "nil"),
            (Value::Str(""), NONE, r#""""#),
            (Value::Str("soon"), NONE, "! 'soon' is not a date"),
            (Value::Float(1.5), NONE, "! a number is not a date"),
            (texts(&["2024-01-01"]), NONE, "! a list is not a date"),
            (Value::Object(&PAGES[0]), NONE, "! an object is not a date"),
        ],
    );
    check(
        "date_to_rfc822",
        &[(date.clone(), NONE, r#""Mon, 03 Nov 2008 13:07:54 -0800""#), (Value::Nil, NONE, "nil")],
    );
    check(
        "date_to_string",
        &[
            (date.clone(), NONE, r#""03 Nov 2008""#),
            (date.clone(), &ordinal, r#""3rd Nov 2008""#),
            (date.clone(), &american, r#""Nov 3rd, 2008""#),
            (Value::Str("2024-05-21"), &ordinal, r#""21st May 2024""#),
            (Value::Str("2024-05-22"), &ordinal, r#""22nd May 2024""#),
            (Value::Str("2024-05-11"), &ordinal, r#""11th May 2024""#),
            (Value::Str("2024-05-12"), &ordinal, r#""12th May 2024""#),
            (Value::Str("2024-05-13"), &ordinal, r#""13th May 2024""#),
        ],
    );
    check(
        "date_to_long_string",
        &[
            (date.clone(), NONE, r#""03 November 2008""#),
            (date.clone(), &ordinal, r#""3rd November 2008""#),
            (date, &american, r#""November 3rd, 2008""#),
        ],
    );
}

#[test]
fn where_takes_what_shopify_or_jekyll_would() {
    let named = |field, value| map(&[("x", field), ("name", Value::Str(value))]);
    let items = list([
        named(Value::Int(2), "int"),
        named(Value::Str("2"), "text"),
        named(Value::Float(2.0), "float"),
        named(Value::Bool(true), "true"),
        named(Value::Bool(false), "false"),
        named(Value::Nil, "nil"),
        named(Value::Str(""), "none"),
        named(texts(&["2", "3"]), "list"),
        map(&[("name", Value::Str("absent"))]),
    ]);
    let names = |target: &[Value<'static>]| {
        let arguments = [&[Value::Str("x")], target].concat();
        let found = run("where", items.clone(), &arguments).expect("where");
        let name = |item: Value<'_>| item.field("name").expect("a name").to_text().into_owned();
        found.for_items().into_iter().map(name).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(&[]), "int text float true none list");
    assert_eq!(names(&[Value::Nil]), "int text float true none list");
    assert_eq!(names(&[Value::Int(2)]), "int text float list");
    assert_eq!(names(&[Value::Str("2")]), "int text list");
    assert_eq!(names(&[Value::Str("3")]), "list");
    assert_eq!(names(&[Value::Str("true")]), "true");
    assert_eq!(names(&[Value::Bool(false)]), "false");
    assert_eq!(names(&[Value::Str("")]), "none");
    assert_eq!(names(&[Value::Empty]), "nil none absent");
    assert_eq!(names(&[Value::Blank]), "false nil none absent");
    assert_eq!(names(&[texts(&["2", "3"])]), "list");
}

#[test]
fn where_and_find_look_into_every_kind_of_input() {
    let by = |name, value| [Value::Str(name), Value::Str(value)];
    let titles = |input: Value<'static>, arguments: &[Value<'static>]| {
        let found = run("where", input, arguments).expect("where");
        let title = |item: Value<'_>| item.field("title").unwrap_or(item).to_text().into_owned();
        found.for_items().into_iter().map(title).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(titles(pages(), &by("tags", "b")), "One Ten");
    assert_eq!(titles(pages(), &by("author.name", "Ann")), "One Ten");
    assert_eq!(titles(pages(), &by("author.name.first", "Ann")), "");
    assert_eq!(titles(pages(), &by("a.b", "whole")), "One Two Ten");
    assert_eq!(titles(list([pages(), pages()]), &by("title", "Two")), "Two Two");
    assert_eq!(titles(Value::Object(&PAGES[0]), &by("title", "One")), "One");
    let folder = map(&[("one", Value::Object(&PAGES[0])), ("text", Value::Str("title"))]);
    assert_eq!(titles(folder, &by("title", "One")), "One");
    assert_eq!(titles(Value::Nil, &by("title", "One")), "");
    assert_eq!(titles(pages(), &[Value::Nil, Value::Nil]), "");
    check(
        "where",
        &[
            (Value::Str("zoo"), &by("z", "z"), r#"["zoo"]"#),
            (Value::Int(1), &by("z", "z"), "1"),
            (Value::Date(DATE), &by("z", "z"), "2008-11-03 13:07:54 -0800"),
            (Value::Int(1), &[Value::Str("z")], "! cannot select the property 'z'"),
            (Value::Range(1, i64::MAX), &by("z", "z"), "! cannot select the property 'z'"),
            (list([Value::Nil, Value::Bool(true)]), &by("z", "z"), "[]"),
        ],
    );
    check(
        "find",
        &[
            (texts(&["x", "y", "z"]), &[Value::Str("z")], r#""z""#),
            (texts(&["x", "y", "zoo"]), &by("z", "y"), "nil"),
            (map(&[("z", Value::Int(42))]), &[Value::Str("z"), Value::Int(42)], r#"{"z"=>42}"#),
            (Value::Nil, &by("a", "b"), "nil"),
            (Value::Float(1.5), &by("a", "b"), "1.5"),
        ],
    );
    let found = run("find", pages(), &by("title", "Two")).expect("find");
    assert_eq!(found, Value::Object(&PAGES[1]));
}

#[test]
fn group_by_makes_groups_in_the_order_of_their_first_items() {
    let group = |by| {
        let groups = run("group_by", pages(), &[Value::Str(by)]).expect("group_by");
        let line = |group: Value<'_>| {
            let field = |name| group.field(name).expect("a field");
            let titles = field("items").for_items().into_iter();
            let titles: Vec<_> =
                titles.map(|page| page.field("title").expect("title").to_string()).collect();
            format!("{}:{}:{}", field("name"), field("size"), titles.join(","))
        };
        groups.for_items().into_iter().map(line).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(group("author.name"), "Ann:2:One,Ten Ben:1:Two");
    assert_eq!(group("weight"), "10:1:One :1:Two 9:1:Ten");
    assert_eq!(group("tags"), r#"["a", "b"]:1:One []:1:Two ["b"]:1:Ten"#);
    check(
        "group_by",
        &[
            (Value::Nil, &[Value::Str("x")], "nil"),
            (Value::Str("text"), &[Value::Str("x")], r#""text""#),
            (Value::Date(DATE), &[Value::Str("x")], "2008-11-03 13:07:54 -0800"),
            (list([]), &[Value::Str("x")], "[]"),
            (list([Value::Int(1)]), &[Value::Str("x")], "! cannot select the property 'x'"),
        ],
    );
}

#[test]
fn sort_puts_nil_where_it_is_told_to() {
    let titles = |arguments: &[Value<'static>]| {
        let sorted = run("sort", pages(), arguments).expect("sort");
        let title = |page: Value<'_>| page.field("title").expect("a title").to_string();
        sorted.for_items().into_iter().map(title).collect::<Vec<_>>().join(" ")
    };
    let weight = Value::Str("weight");
    assert_eq!(titles(std::slice::from_ref(&weight)), "Ten One Two");
    assert_eq!(titles(&[weight.clone(), Value::Str("first")]), "Two Ten One");
    assert_eq!(titles(&[weight, Value::Str("last")]), "Ten One Two");
    assert_eq!(titles(&[Value::Str("author.name"), Value::Str("last")]), "One Ten Two");
    let last = [Value::Nil, Value::Str("last")];
    check(
        "sort",
        &[
            (texts(&["10", "9", "x", "2.5", "-1"]), &last, r#"["-1", "2.5", "9", "10", "x"]"#),
            (
                list([
                    Value::Nil,
                    Value::Str("a"),
                    Value::Int(2),
                    Value::Float(f64::NAN),
                    Value::Date(DATE),
                    Value::Bool(true),
                ]),
                &last,
                r#"[true, NaN, 2, 2008-11-03 13:07:54 -0800, "a", nil]"#,
            ),
            (Value::Nil, &last, "[]"),
            (Value::Int(1), &last, "[1]"),
            (
                list([]),
                &[Value::Nil, Value::Str("x")],
                "! the second argument is 'first' or 'last'",
            ),
            (
                list([Value::Int(1), Value::Str("a")]),
                NONE,
                "! cannot sort values of incompatible types",
            ),
        ],
    );
}

#[test]
fn lists_are_added_to_and_taken_from() {
    let abc = || texts(&["a", "b", "c"]);
    let (x, two) = ([Value::Str("x")], [Value::Int(2)]);
    check(
        "push",
        &[
            (abc(), &x, r#"["a", "b", "c", "x"]"#),
            (Value::Range(1, 2), &x, r#"[1, 2, "x"]"#),
            (abc(), &[abc()], r#"["a", "b", "c", ["a", "b", "c"]]"#),
            (Value::Str("text"), &x, r#""text""#),
            (Value::Nil, &x, "nil"),
            (Value::Range(1, i64::MAX), &x, "! a list has over 1000000 items"),
        ],
    );
    check("unshift", &[(abc(), &x, r#"["x", "a", "b", "c"]"#), (Value::Int(1), &x, "1")]);
    check(
        "pop",
        &[
            (abc(), NONE, r#"["a", "b"]"#),
            (abc(), &two, r#"["a"]"#),
            (abc(), &[Value::Str("9")], "[]"),
            (abc(), &[Value::Int(0)], r#"["a", "b", "c"]"#),
            (abc(), &[Value::Int(-1)], "! takes a number of items, not -1"),
            (abc(), &x, "! invalid integer"),
            (list([]), NONE, "[]"),
            (Value::Nil, NONE, "nil"),
        ],
    );
    check(
        "shift",
        &[
            (abc(), NONE, r#"["b", "c"]"#),
            (abc(), &two, r#"["c"]"#),
            (Value::List(&PAGES[0].tags), NONE, r#"["b"]"#),
            (map(&[("a", Value::Int(1))]), NONE, r#"{"a"=>1}"#),
        ],
    );
}

#[test]
fn lists_nest_to_a_limit() {
    let mut value = Value::Str("x");
    for _ in 0..NESTING {
        value = run("push", list([]), &[value]).expect("not too deep");
    }
    let error = run("push", list([]), &[value.clone()]);
    assert_eq!(error, FilterError::argument("lists nest over 64 deep"));
    assert!(run("unshift", list([Value::Int(1)]), &[value]).is_err());
    // Each holds the one before it twice.
    let (mut twice, mut rounds) = (texts(&["x"]), 0);
    let limit = loop {
        match run("push", list([twice.clone()]), &[twice]) {
            Ok(made) => twice = made,
            Err(limit) => break limit,
        }
        rounds += 1;
    };
    assert_eq!((limit, rounds), (FilterError::Limit(Limit::ListItems), 18));
}

#[test]
fn sentences() {
    let name = "array_to_sentence_string";
    let or = [Value::Str("or")];
    check(
        name,
        &[
            (list([]), NONE, r#""""#),
            (texts(&["a"]), NONE, r#""a""#),
            (texts(&["a", "b"]), NONE, r#""a and b""#),
            (texts(&["a", "b", "c"]), NONE, r#""a, b, and c""#),
            (texts(&["a", "b", "c", "d"]), &or, r#""a, b, c, or d""#),
            (list([Value::Int(1), Value::Nil]), &or, r#""1 or ""#),
            (Value::Range(1, 3), NONE, r#""1, 2, and 3""#),
            (Value::Nil, NONE, "nil"),
            (Value::Str("a"), NONE, r#""a""#),
            (Value::Range(0, i64::MAX), NONE, "! a text is over 16 MiB"),
        ],
    );
}

#[test]
fn sample_is_the_same_for_one_page() {
    let numbers = || Value::Range(1, 100);
    let two = [Value::Int(2)];
    let one = run("sample", numbers(), NONE).expect("sample");
    assert_eq!(one, run("sample", numbers(), NONE).expect("sample"));
    let of = |seed| run_seeded("sample", numbers(), NONE, seed).expect("sample").to_string();
    let mut seen: Vec<_> = ["a", "b", "c", "d", "e", "f", "g", "h"].map(of).into();
    seen.sort();
    seen.dedup();
    assert!(seen.len() > 4, "{seen:?}");
    let some = run("sample", Value::Range(1, 3), &two).expect("sample");
    assert_eq!(some.len(), Some(2));
    assert_ne!(some.item(0), some.item(1));
    let all = run("sample", Value::Range(1, 20), &[Value::Int(50)]).expect("sample");
    let sorted = run("sort", all, NONE).expect("sort");
    assert_eq!(sorted, list((1..=20).map(Value::Int)));
    check(
        "sample",
        &[
            (list([]), NONE, "nil"),
            (list([]), &two, "[]"),
            (Value::Nil, NONE, "nil"),
            (Value::Str("a"), NONE, r#""a""#),
            (Value::Range(1, i64::MAX), &two, "! a list has over 1000000 items"),
        ],
    );
}

#[test]
fn text_is_escaped() {
    check_texts(
        "xml_escape",
        &[
            ("plain 'text' ä", "plain 'text' ä"),
            ("\"a\" & <b>", "&quot;a&quot; &amp; &lt;b&gt;"),
            ("", ""),
        ],
    );
    check_texts(
        "cgi_escape",
        &[
            ("plain-_.~1", "plain-_.~1"),
            ("foo, bar;baz?*", "foo%2C+bar%3Bbaz%3F%2A"),
            ("ä+b", "%C3%A4%2Bb"),
        ],
    );
    check_texts(
        "uri_escape",
        &[
            (
                "https://example.org/a?b=[c]&d=e;f#g!$'()*+,@",
                "https://example.org/a?b=[c]&d=e;f#g!$'()*+,@",
            ),
            (r"foo, bar \baz?", "foo,%20bar%20%5Cbaz?"),
            ("a%20b", "a%20b"),
            ("100%", "100%25"),
            ("%FF", "%FF"),
            ("a\u{308}", "%C3%A4"),
        ],
    );
    for name in ["xml_escape", "cgi_escape", "uri_escape"] {
        check(
            name,
            &[
                (Value::Int(12), NONE, r#""12""#),
                (Value::Float(1.5), NONE, r#""1.5""#),
                (Value::Bool(true), NONE, r#""true""#),
            ],
        );
    }
    check(
        "uri_escape",
        &[(Value::Nil, NONE, "nil"), (pages(), &[], &shown("uri_escape", pages(), &[]))],
    );
    check(
        "xml_escape",
        &[(Value::Nil, NONE, r#""""#), (texts(&["<"]), NONE, r#""[&quot;&lt;&quot;]""#)],
    );
}

#[test]
fn white_space_and_words() {
    check_texts(
        "normalize_whitespace",
        &[("a b", "a b"), (" a\n\t b \r\n", "a b"), ("a\u{a0}b", "a\u{a0}b"), (" ", "")],
    );
    let mode = |mode| [Value::Str(mode)];
    check(
        "number_of_words",
        &[
            (Value::Str("one two\nthree "), NONE, "3"),
            (Value::Str("hello world and taoky strong!"), &mode("auto"), "5"),
            (Value::Str("你好hello世界world"), NONE, "1"),
            (Value::Str("你好hello世界world"), &mode("cjk"), "6"),
            (Value::Str("你好hello世界world"), &mode("auto"), "6"),
            (Value::Str("안녕하세요 ひらカタ"), &mode("cjk"), "9"),
            (Value::Str("plain words"), &mode("cjk"), "2"),
            (Value::Nil, NONE, "0"),
            (Value::Int(12), NONE, "1"),
        ],
    );
}

#[test]
fn strip_index_leaves_the_folder() {
    check_texts(
        "strip_index",
        &[
            ("/a/index.html", "/a/"),
            ("/a/index.htm", "/a/"),
            ("/index.html", "/"),
            ("/a/myindex.html", "/a/myindex.html"),
            ("index.html", "index.html"),
            ("/a/", "/a/"),
        ],
    );
    check("strip_index", &[(Value::Nil, NONE, "nil"), (Value::Str(""), NONE, "nil")]);
}

#[test]
fn to_integer_reads_what_a_value_begins_with() {
    check(
        "to_integer",
        &[
            (Value::Str(" 12_000 km"), NONE, "12000"),
            (Value::Str("-7.9"), NONE, "-7"),
            (Value::Str("x"), NONE, "0"),
            (Value::Float(-3.9), NONE, "-3"),
            (Value::Float(f64::NAN), NONE, "! the number is not finite"),
            (Value::Bool(true), NONE, "1"),
            (Value::Bool(false), NONE, "0"),
            (Value::Nil, NONE, "0"),
            (Value::Date(DATE), NONE, "1225746474"),
            (texts(&["1"]), NONE, "! cannot make a number of a list"),
            (Value::Object(&PAGES[0]), NONE, "! cannot make a number of an object"),
        ],
    );
}

#[test]
fn inspect_and_jsonify_show_every_kind() {
    let one = Value::Object(&PAGES[0]);
    check(
        "inspect",
        &[
            (texts(&["<a>"]), NONE, r#""[&quot;&lt;a&gt;&quot;]""#),
            (Value::Nil, NONE, r#""nil""#),
            (Value::Int(1), NONE, r#""1""#),
        ],
    );
    let json = |value| run("jsonify", value, &[]).expect("json").to_string();
    let table = [
        (Value::Nil, "null"),
        (Value::Bool(true), "true"),
        (Value::Int(-1), "-1"),
        (Value::Float(1.0), "1.0"),
        (Value::Float(1e20), "1.0e+20"),
        (Value::Float(f64::INFINITY), "null"),
        (Value::Str("a \"b\" \\ \n\t\u{1} é /"), r#""a \"b\" \\ \n\t\u0001 é /""#),
        (Value::Date(DATE), r#""2008-11-03T13:07:54-08:00""#),
        (Value::Range(1, 3), r#""1..3""#),
        (list([]), "[]"),
        (list([Value::Int(1), texts(&["a"])]), r#"[1,["a"]]"#),
        (Value::Map(Map(vec![(Value::Int(1), Value::Nil)]).into()), r#"{"1":null}"#),
        (one, r#"{"title":"One","weight":10,"tags":["a","b"],"author":{"name":"Ann"}}"#),
    ];
    for (value, expected) in table {
        assert_eq!(json(value), expected);
    }
    let mut deep = Value::Nil;
    for _ in 0..64 {
        deep = list([deep]);
    }
    check("jsonify", &[(deep, NONE, "! lists and objects nest over 64 deep")]);
}

#[test]
fn slugs_of_every_mode() {
    let table = [
        (Value::Nil, "The _config.yml file", "the-config-yml-file"),
        (Value::Str("default"), " Grüße, 東京 №1 x² ", "grüße-東京-1-x"),
        (Value::Str("raw"), "The _config.yml  file ", "the-_config.yml-file"),
        (Value::Str("pretty"), "The _config.yml file!", "the-_config.yml-file!"),
        (Value::Str("ascii"), "The cönfig.yml file", "the-c-nfig-yml-file"),
        (Value::Str("latin"), "The cönfig.yml Straße Łódź 東", "the-config-yml-strasse-lodz"),
        (Value::Str("latin"), "cafe\u{301}", "cafe"),
        (Value::Str("none"), " The FILE ", " the file "),
        (Value::Str("other"), "-A-", "-a-"),
        (Value::Nil, "a\u{302}b", "a\u{302}b"),
        (Value::Nil, "--", ""),
        (Value::Nil, "", ""),
    ];
    for (mode, text, expected) in table {
        let made = run("slugify", Value::Str(text), std::slice::from_ref(&mode)).expect("slugify");
        assert_eq!(made.as_str(), Some(expected), "{text:?} | slugify: {mode:?}");
    }
    check(
        "slugify",
        &[
            (Value::Nil, NONE, "nil"),
            (Value::Int(12), NONE, r#""12""#),
            (Value::Float(1.5), NONE, r#""1-5""#),
            (texts(&["A", "b"]), NONE, r#""a-b""#),
        ],
    );
}

#[test]
fn smartify_makes_typography() {
    check_texts(
        "smartify",
        &[
            ("plain", "plain"),
            ("\"This filter's test...\"", "“This filter’s test…”"),
            ("'a' -- b---c", "‘a’ – b—c"),
            ("the '80s, '90s' end", "the ’80s, ’90s’ end"),
            ("\"'nested' quotes\"", "“‘nested’ quotes”"),
            ("(\"a\") [\"b\"] --\"c\"", "(“a”) [“b”] –“c”"),
            ("<<a>> 1 < 2 - 3.4", "«a» 1 < 2 - 3.4"),
            ("<p class=\"a > b\">\"hi\"</p>", "<p class=\"a > b\">“hi”</p>"),
            ("<em>Ann</em>'s", "<em>Ann</em>’s"),
            ("a <code>\"x\" -- y</code> \"z\"", "a <code>\"x\" -- y</code> “z”"),
            ("<pre>it's", "<pre>it’s"),
            ("<codex>it's", "<codex>it’s"),
            ("<!-- \"a\" --> \"b\" <!-- \"c\"", "<!-- \"a\" --> “b” <!– “c”"),
            ("<a \"b", "<a “b"),
            ("ä'ö", "ä’ö"),
        ],
    );
    check("smartify", &[(Value::Nil, NONE, r#""""#), (Value::Float(1.5), NONE, r#""1.5""#)]);
}

#[test]
fn unclosed_markup_takes_no_longer_than_closed() {
    // Looked through to the end at each `<`, this would take minutes.
    for part in ["<!--", "<code>", "<a \"", "<a '\"", "<a ", "\"<a"] {
        let text = part.repeat(TEXT_BYTES / 64 / part.len());
        assert!(run("smartify", Value::Str(&text), &[]).is_ok(), "{part}");
    }
}

#[test]
fn what_grows_has_a_limit() {
    let mut text = "a".repeat(TEXT_BYTES - 4);
    text.push_str("\"\"\"\"");
    for name in ["xml_escape", "cgi_escape", "uri_escape", "jsonify", "smartify"] {
        let made = run(name, Value::Str(&text), &[]);
        assert_eq!(made, Err(FilterError::Limit(Limit::TextBytes)), "{name}");
    }
    let full = list(vec![Value::Nil; LIST_ITEMS]);
    for name in ["push", "unshift"] {
        let made = run(name, full.clone(), &[Value::Nil]);
        assert_eq!(made, Err(FilterError::Limit(Limit::ListItems)), "{name}");
    }
}

fn scalars() -> impl Strategy<Value = Value<'static>> {
    prop_oneof![
        Just(Value::Nil),
        Just(Value::Empty),
        Just(Value::Blank),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        (-3..3_i64).prop_map(Value::Int),
        any::<f64>().prop_map(Value::Float),
        ".{0,12}".prop_map(Value::from),
        "[ab'\"<>/!.&%_0-9 -]{0,12}".prop_map(Value::from),
        "(title|tags|a.b|first|last|ordinal|US|cjk|auto|latin|raw|pretty|2)".prop_map(Value::from),
        (any::<i64>(), any::<u32>(), any::<i32>()).prop_map(|(seconds, nanoseconds, offset)| {
            Value::Date(Date { seconds, nanoseconds, offset })
        }),
        (any::<i64>(), any::<i64>()).prop_map(|(first, last)| Value::Range(first, last)),
        (0..3_i64, 0..9_i64).prop_map(|(first, last)| Value::Range(first, last)),
        (0..3_usize).prop_map(|index| Value::Object(&PAGES[index])),
        (0..3_usize).prop_map(|index| Value::List(&PAGES[index].tags)),
    ]
}

fn values() -> impl Strategy<Value = Value<'static>> {
    scalars().prop_recursive(3, 24, 6, |inner| {
        let fields = prop::collection::vec(("(title|tags|x)", inner.clone()), 0..4);
        prop_oneof![
            prop::collection::vec(inner, 0..6).prop_map(Value::list),
            fields.prop_map(|fields| {
                let field = |(name, value): (String, _)| (Value::from(name), value);
                Value::Map(Map(fields.into_iter().map(field).collect()).into())
            }),
        ]
    })
}

proptest! {
    #[test]
    fn no_input_makes_a_filter_panic(
        input in values(),
        arguments in prop::collection::vec(values(), 2),
    ) {
        for filter in JEKYLL {
            // Sixteen million numbers in words take seconds; `sentences` has them.
            let long = matches!(input, Value::Range(..)) && input.len() > Some(LIST_ITEMS);
            if long && filter.name == "array_to_sentence_string" {
                continue;
            }
            let (least, most) = filter.arguments;
            for count in least..=most {
                let made = run(filter.name, input.clone(), &arguments[..count]);
                let again = run(filter.name, input.clone(), &arguments[..count]);
                prop_assert_eq!(format!("{:?}", &made), format!("{:?}", again));
            }
        }
    }
}
