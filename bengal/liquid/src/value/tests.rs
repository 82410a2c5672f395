use super::*;

/// A list that holds another twice, over and over: short, and yet of 2^`depth` items.
fn doubled(depth: usize) -> Value<'static> {
    (0..depth).fold(Value::list(Vec::new()), |list, _| Value::list(vec![list.clone(), list]))
}

#[test]
fn comparing_and_showing_end_whatever_lists_share() {
    let (a, b) = (doubled(60), doubled(60));
    assert!(a != b, "too much to compare is not equal");
    let mut text = String::new();
    assert!(a.show(&mut text).is_err() && a.inspect(&mut text).is_err());
    assert!(a.to_string().is_empty() && a.to_text().is_empty());
    assert!(doubled(10) == doubled(10) && doubled(10) != doubled(11));
}

#[test]
fn what_nests_too_deep_is_not_shown_and_equal_to_nothing() {
    let nested = |depth: usize| {
        (1..depth).fold(Value::list(vec![Value::Int(1)]), |list, _| Value::list(vec![list]))
    };
    let (deepest, deeper) =
        (nested(crate::limits::WALK_DEPTH), nested(crate::limits::WALK_DEPTH + 1));
    assert!(deepest.to_text() == "1" && deepest == deepest.clone());
    assert!(deeper.show(&mut String::new()).is_err() && deeper != deeper.clone());
}

#[test]
fn objects_of_many_fields_are_equal_in_whatever_order_they_are() {
    let object = |numbers: &mut dyn Iterator<Item = i64>| {
        let field = |number: i64| (Value::text(number.to_string()), Value::Int(number));
        Value::Map(Map(numbers.map(field).collect()).into())
    };
    let (up, down) = (object(&mut (0..9_000)), object(&mut (0..9_000).rev()));
    assert!(up == down && up != object(&mut (1..9_001)));
}

#[test]
fn long_texts_in_a_list_are_cut() {
    let text = Value::text("x".repeat(1 << 20));
    let list = Value::list(vec![text; 1_000]);
    assert!(list.to_string().len() <= crate::limits::WALK);
    assert!(list.to_text().len() <= crate::limits::TEXT_BYTES);
}

#[test]
fn values_are_shown_as_ruby_shows_them() {
    for (value, shown, inspected) in [
        (Value::Nil, "", "nil"),
        (Value::Int(i64::MIN), "-9223372036854775808", "-9223372036854775808"),
        (Value::Int(0), "0", "0"),
        (Value::Float(1e16), "1.0e+16", "1.0e+16"),
        (Value::Float(0.000_012), "1.2e-05", "1.2e-05"),
        (Value::Float(-0.0), "-0.0", "-0.0"),
        (Value::Str("a\"\n"), "a\"\n", "\"a\\\"\\n\""),
        (Value::Range(1, 3), "1..3", "1..3"),
        (Value::list(vec![Value::Int(1), Value::Str("b")]), "1b", "[1, \"b\"]"),
        (
            Value::Map(Map(vec![(Value::Str("a"), Value::Nil)]).into()),
            "{\"a\"=>nil}",
            "{\"a\"=>nil}",
        ),
    ] {
        let mut text = String::new();
        value.inspect(&mut text).expect("room");
        assert_eq!((&*value.to_string(), &*text), (shown, inspected));
    }
}

#[test]
fn equality_and_order_are_ruby_s() {
    let (list, blank) = (Value::list(Vec::new()), Value::Str(" \n"));
    for (a, b, equal) in [
        (Value::Int(1), Value::Float(1.0), true),
        (Value::Int(i64::MAX), Value::Float(9_223_372_036_854_775_807.0), false),
        (Value::Str("1"), Value::Int(1), false),
        (Value::Empty, list.clone(), true),
        (list.clone(), Value::Blank, true),
        (blank.clone(), Value::Blank, true),
        (blank, Value::Empty, false),
        (Value::Nil, Value::Empty, false),
        (Value::Nil, Value::Blank, true),
        (Value::Bool(false), Value::Nil, false),
        (Value::Range(1, 2), Value::list(vec![Value::Int(1), Value::Int(2)]), false),
    ] {
        assert_eq!(a == b, equal, "{a:?} {b:?}");
        assert_eq!(b == a, equal, "{b:?} {a:?}");
    }
    assert_eq!(Value::Int(1).order(&Value::Str("1")), None);
    assert_eq!(Value::Float(f64::NAN).order(&Value::Int(1)), None);
}
