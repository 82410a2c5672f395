//! `include` and `render`, as bengal has them: in both ways in which people write their arguments.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Arc;

use liquid_core::model::{Object, ValueCow, ValueView};
use liquid_core::parser::TagToken;
use liquid_core::runtime::{Renderable, Runtime};
use liquid_core::{Error, Expression, Language, ParseTag, Result, TagReflection, TagTokenIter};

use super::budget::{Budget, INCLUDE_DEPTH, Limit};
use super::for_tag::{ForLoop, Items};
use super::scope::{Frame, Isolation};
use super::views::{Fields, object};
use crate::diagnostic::nearest;

/// `{% include name %}` and `{% render name %}`: another template, in place.
///
/// `include` sees every name of the place where it stands. Arguments come in both ways that people
/// write them: `a=b` is `include.a` (Jekyll's), `a: b` is `a` (Shopify's). `render` sees only what
/// bengal defines and the arguments it is given.
#[derive(Clone, Debug)]
pub(super) struct PartialTag {
    /// `include` or `render`.
    pub tag: &'static str,
    /// The names of all templates.
    pub known: Arc<BTreeSet<String>>,
}

impl TagReflection for PartialTag {
    fn tag(&self) -> &str {
        self.tag
    }

    fn description(&self) -> &str {
        "Renders another template in its place."
    }
}

impl ParseTag for PartialTag {
    fn parse(
        &self,
        mut arguments: TagTokenIter<'_>,
        _options: &Language,
    ) -> Result<Box<dyn Renderable>> {
        let name = self.name(arguments.expect_next("the name of a template belongs here")?)?;
        let mut partial =
            Partial { tag: self.tag, name, named: Vec::new(), plain: Vec::new(), each: None };
        while let Some(token) = arguments.next() {
            match token.as_str() {
                "," => {}
                word @ ("with" | "for") => {
                    let each = word == "for";
                    let value = arguments.expect_next("a value belongs here")?;
                    let value = value.expect_value().into_result()?;
                    partial.each = Some(Each { value, each, name: String::new() });
                }
                "as" => {
                    let alias = arguments.expect_next("a name belongs here")?;
                    let alias = alias.expect_identifier().into_result()?.to_owned();
                    if let Some(each) = &mut partial.each {
                        each.name = alias;
                    }
                }
                _ => argument(&mut partial, token, &mut arguments)?,
            }
        }
        Ok(Box::new(partial))
    }

    fn reflection(&self) -> &dyn TagReflection {
        self
    }
}

impl PartialTag {
    /// The template named by `token`: quoted, or bare when it is the name of one; else what a
    /// variable of that name holds.
    fn name(&self, token: TagToken<'_>) -> Result<Expression> {
        let written = token.as_str().to_owned();
        let quoted = written.starts_with(['"', '\'']);
        let name = written.trim_matches(['"', '\'']);
        if resolve(name, |known| self.known.contains(known)).is_some() {
            return Ok(Expression::with_literal(name.to_owned()));
        }
        if quoted || name.contains('.') && name.ends_with("html") {
            let near = nearest(name, self.known.iter().map(String::as_str));
            let hint = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            return Err(token.raise_custom_error(&format!("no template is named `{name}`{hint}")));
        }
        token.expect_value().into_result()
    }
}

fn argument(
    partial: &mut Partial,
    token: TagToken<'_>,
    arguments: &mut TagTokenIter<'_>,
) -> Result<()> {
    let name = token.expect_identifier().into_result()?.to_owned();
    let sign = arguments.expect_next("`=` or `:` belongs here")?;
    let target = match sign.as_str() {
        "=" => &mut partial.named,
        ":" => &mut partial.plain,
        _ => return Err(sign.raise_custom_error("`=` or `:` belongs here")),
    };
    let value = arguments.expect_next("a value belongs here")?.expect_value().into_result()?;
    target.push((name, value));
    Ok(())
}

/// The template that `name` means, of those for which `is_known`: as it stands, without `.liquid`,
/// or under `partials/`.
pub(super) fn resolve(name: &str, is_known: impl Fn(&str) -> bool) -> Option<String> {
    let stem = name.strip_suffix(".liquid").unwrap_or(name);
    let partial = format!("partials/{stem}");
    [name, stem, &partial].into_iter().find(|name| is_known(name)).map(str::to_owned)
}

#[derive(Debug)]
struct Partial {
    tag: &'static str,
    name: Expression,
    named: Vec<(String, Expression)>,
    plain: Vec<(String, Expression)>,
    each: Option<Each>,
}

#[derive(Debug)]
struct Each {
    value: Expression,
    each: bool,
    name: String,
}

/// How deep the partial being rendered is nested. A register.
#[derive(Debug, Default)]
struct Depth(usize);

impl Renderable for Partial {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        let name = self.name.evaluate(runtime)?.to_kstr().into_string();
        if name.is_empty() {
            let message = format!("`{}` is given no name: `{}` is nothing", self.tag, self.name);
            return Err(Error::with_msg(message));
        }
        let template = runtime.partials().get(&name)?;
        let budget = Budget::of(runtime);
        budget.include()?;
        let depth = runtime.registers().get_mut::<Depth>().0;
        if depth >= INCLUDE_DEPTH {
            return Err(budget.exceed(Limit::IncludeDepth));
        }
        runtime.registers().get_mut::<Depth>().0 = depth + 1;
        let done = self.render_with(&name, &*template, writer, runtime);
        runtime.registers().get_mut::<Depth>().0 = depth;
        done.map_err(|error| error.context("template", name))
    }
}

impl Partial {
    fn render_with(
        &self,
        name: &str,
        template: &dyn Renderable,
        writer: &mut dyn Write,
        runtime: &dyn Runtime,
    ) -> Result<()> {
        let named = Arguments::evaluate(&self.named, runtime)?;
        let plain = Arguments::evaluate(&self.plain, runtime)?;
        let mut names: Vec<(&str, &dyn ValueView)> =
            plain.0.iter().map(|(name, value)| (*name, value.as_view())).collect();
        if !named.0.is_empty() {
            names.push(("include", &named));
        }
        let Some(each) = &self.each else {
            return self.render_in(&names, template, writer, runtime);
        };
        let value = each.value.evaluate(runtime)?;
        let stem = name.rsplit('/').next().unwrap_or(name);
        let alias =
            if each.name.is_empty() { stem.trim_end_matches(".liquid") } else { &each.name };
        let items = match value.as_view().as_array() {
            Some(array) if each.each => Items::Array(array),
            _ => Items::One(value.as_view()),
        };
        let length = items.len();
        let budget = Budget::of(runtime);
        for index in 0..length {
            budget.include()?;
            let item = items.get(index);
            let state = ForLoop::new(index, length, None);
            let mut names = names.clone();
            names.push((alias, item.as_view()));
            names.push(("forloop", &state));
            self.render_in(&names, template, writer, runtime)?;
        }
        Ok(())
    }

    fn render_in(
        &self,
        names: &[(&str, &dyn ValueView)],
        template: &dyn Renderable,
        writer: &mut dyn Write,
        runtime: &dyn Runtime,
    ) -> Result<()> {
        if self.tag == "include" {
            return template.render_to(writer, &Frame::open(runtime, names));
        }
        let assigned = RefCell::new(Object::new());
        runtime.registers().get_mut::<Isolation>().0 += 1;
        let done = template.render_to(writer, &Frame::isolated(runtime, names, &assigned));
        runtime.registers().get_mut::<Isolation>().0 -= 1;
        done
    }
}

/// The arguments of an include, as `include.NAME`.
#[derive(Debug)]
struct Arguments<'a>(Vec<(&'a str, ValueCow<'a>)>);

impl<'a> Arguments<'a> {
    fn evaluate(of: &'a [(String, Expression)], runtime: &'a dyn Runtime) -> Result<Self> {
        let one =
            |(name, value): &'a (String, Expression)| Ok((name.as_str(), value.evaluate(runtime)?));
        Ok(Self(of.iter().map(one).collect::<Result<_>>()?))
    }
}

impl Fields for Arguments<'_> {
    fn field(&self, name: &str) -> Option<&dyn ValueView> {
        self.0.iter().find(|(own, _)| *own == name).map(|(_, value)| value.as_view())
    }

    fn names(&self) -> Vec<&str> {
        self.0.iter().map(|(name, _)| *name).collect()
    }
}
object!(Arguments<'a>);
