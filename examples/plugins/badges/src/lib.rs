//! A filter and two tags for templates.
//!
//! * `{{ "Grace Hopper" | initials }}` is `GH`, and `{{ name | initials: 1 }}` the first letter only;
//! * `{% badge "new", kind: "good" %}` is a `<span>`;
//! * `{% aside %}…{% endaside %}` is an `<aside>` around what it holds.

use std::ops::RangeInclusive;

use bengal_plugin::plugin::{Body, Syntax};
use bengal_plugin::{Arguments, Data, Error, Filter, Plugin, Purity, Registrar, Tag, Value};

struct Badges;

bengal_plugin::export!(Badges);

impl Plugin for Badges {
    fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
        registrar.filter(Initials)?;
        registrar.tag(Badge)?;
        registrar.tag(Aside)
    }
}

struct Initials;

impl Filter for Initials {
    fn name(&self) -> &str {
        "initials"
    }

    fn arguments(&self) -> RangeInclusive<u32> {
        0..=1
    }

    fn purity(&self) -> Purity {
        Purity::Pure
    }

    fn apply(&self, input: Value<'_>, arguments: &Arguments<'_>) -> Result<Data, Error> {
        let name = input.as_str().ok_or("it wants text")?;
        let most = arguments.index(0).and_then(Value::as_int).unwrap_or(i64::MAX);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let initials: String =
            name.split_whitespace().filter_map(|word| word.chars().next()).take(most).collect();
        Ok(initials.to_uppercase().into())
    }
}

struct Badge;

impl Tag for Badge {
    fn name(&self) -> &str {
        "badge"
    }

    fn syntax(&self) -> Syntax {
        Syntax::Arguments
    }

    fn arguments(&self) -> RangeInclusive<u32> {
        1..=1
    }

    fn named(&self) -> &[&str] {
        &["kind"]
    }

    fn purity(&self) -> Purity {
        Purity::Pure
    }

    fn render(&self, _: &str, arguments: &Arguments<'_>, _: &str) -> Result<String, Error> {
        let text = |value: Option<Value<'_>>| value.and_then(Value::as_str).map(escaped);
        let label = text(arguments.index(0)).ok_or("its first argument is text")?;
        let kind = text(arguments.get("kind")).unwrap_or_else(|| "plain".to_owned());
        Ok(format!("<span class=\"badge badge-{kind}\">{label}</span>"))
    }
}

struct Aside;

impl Tag for Aside {
    fn name(&self) -> &str {
        "aside"
    }

    fn body(&self) -> Body {
        Body::Rendered
    }

    fn purity(&self) -> Purity {
        Purity::Pure
    }

    fn render(&self, markup: &str, _: &Arguments<'_>, content: &str) -> Result<String, Error> {
        Ok(format!("<aside title=\"{}\">{content}</aside>", escaped(markup.trim())))
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
