//! The tags that bengal brings of its own: `for`, `include` and `render`.
//!
//! Liquid's own put their variables in frames that answer an unknown index with an error, copy the
//! list that `for` goes over, and know only one of the two ways in which people write `include`.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Arc;

use liquid_core::error::ResultLiquidReplaceExt;
use liquid_core::model::{ArrayView, KString, Object, Value as Liquid, ValueCow, ValueView};
use liquid_core::parser::{BlockElement, TagToken, TryMatchToken};
use liquid_core::runtime::{Interrupt, InterruptRegister, Renderable, Runtime, Template};
use liquid_core::{
    BlockReflection, Error, Expression, Language, ParseBlock, ParseTag, Result, TagBlock,
    TagReflection, TagTokenIter,
};

use super::scope::Frame;
use super::views::{Fields, NIL, object};
use crate::diagnostic::nearest;

/// `{% for x in list limit: n offset: n reversed %}…{% else %}…{% endfor %}`.
#[derive(Clone, Debug)]
pub(super) struct ForBlock;

impl BlockReflection for ForBlock {
    fn start_tag(&self) -> &str {
        "for"
    }

    fn end_tag(&self) -> &str {
        "endfor"
    }

    fn description(&self) -> &str {
        "Renders its body for each item of a list."
    }
}

impl ParseBlock for ForBlock {
    fn parse(
        &self,
        mut arguments: TagTokenIter<'_>,
        mut tokens: TagBlock<'_, '_>,
        options: &Language,
    ) -> Result<Box<dyn Renderable>> {
        let variable = arguments.expect_next("a name belongs here")?.expect_identifier();
        let variable = variable.into_result()?.to_owned();
        arguments.expect_next("`in` belongs here")?.expect_str("in").into_result()?;
        let list = list(arguments.expect_next("a list or a range belongs here")?)?;
        let (limit, offset, reversed) = modifiers(&mut arguments)?;
        let (body, otherwise) = bodies(&mut tokens, options)?;
        tokens.assert_empty();
        Ok(Box::new(For { variable, list, limit, offset, reversed, body, otherwise }))
    }

    fn reflection(&self) -> &dyn BlockReflection {
        self
    }
}

fn list(token: TagToken<'_>) -> Result<List> {
    match token.expect_value() {
        TryMatchToken::Matches(value) => Ok(List::Value(value)),
        TryMatchToken::Fails(token) => {
            let (start, end) = token.expect_range().into_result()?;
            Ok(List::Range(start, end))
        }
    }
}

fn modifiers(
    arguments: &mut TagTokenIter<'_>,
) -> Result<(Option<Expression>, Option<Expression>, bool)> {
    let (mut limit, mut offset, mut reversed) = (None, None, false);
    while let Some(token) = arguments.next() {
        match token.as_str() {
            "," => {}
            "reversed" => reversed = true,
            "limit" => limit = Some(after_colon(arguments)?),
            "offset" => offset = Some(after_colon(arguments)?),
            _ => {
                let message = "`limit:`, `offset:` or `reversed` belongs here";
                return Err(token.raise_custom_error(message));
            }
        }
    }
    Ok((limit, offset, reversed))
}

fn after_colon(arguments: &mut TagTokenIter<'_>) -> Result<Expression> {
    arguments.expect_next("`:` belongs here")?.expect_str(":").into_result()?;
    arguments.expect_next("a value belongs here")?.expect_value().into_result()
}

fn bodies(
    tokens: &mut TagBlock<'_, '_>,
    options: &Language,
) -> Result<(Template, Option<Template>)> {
    let mut body = Vec::new();
    let mut otherwise = None;
    while let Some(element) = tokens.next()? {
        match element {
            BlockElement::Tag(mut tag) if tag.name() == "else" => {
                tag.tokens().expect_nothing()?;
                otherwise = Some(Template::new(tokens.parse_all(options)?));
                break;
            }
            element => body.push(element.parse(tokens, options)?),
        }
    }
    Ok((Template::new(body), otherwise))
}

#[derive(Debug)]
enum List {
    Value(Expression),
    Range(Expression, Expression),
}

#[derive(Debug)]
struct For {
    variable: String,
    list: List,
    limit: Option<Expression>,
    offset: Option<Expression>,
    reversed: bool,
    body: Template,
    otherwise: Option<Template>,
}

impl Renderable for For {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        let held;
        let items = match &self.list {
            List::Value(expression) => {
                held = expression.evaluate(runtime)?;
                Items::of(held.as_view())
            }
            List::Range(start, end) => Items::range(number(start, runtime)?, number(end, runtime)?),
        };
        let offset = count(self.offset.as_ref(), runtime)?.unwrap_or(0).min(items.len());
        let limit = count(self.limit.as_ref(), runtime)?.unwrap_or(usize::MAX);
        let length = limit.min(items.len() - offset);
        if length == 0 {
            return self.otherwise.iter().try_for_each(|body| body.render_to(writer, runtime));
        }
        let parent = runtime.try_get(&["forloop".into()]);
        let parent = parent.as_ref().map(ValueCow::as_view);
        for index in 0..length {
            let at = if self.reversed { length - 1 - index } else { index };
            let item = items.get(offset + at);
            let state = ForLoop::new(index, length, parent);
            let names: [(&str, &dyn ValueView); 2] =
                [(&self.variable, item.as_view()), ("forloop", &state)];
            let frame = Frame::open(runtime, &names);
            self.body.render_to(writer, &frame)?;
            let interrupt = runtime.registers().get_mut::<InterruptRegister>().reset();
            if matches!(interrupt, Some(Interrupt::Break)) {
                break;
            }
        }
        Ok(())
    }
}

/// What a loop goes over.
enum Items<'a> {
    Array(&'a dyn ArrayView),
    Pairs(Vec<Liquid>),
    One(&'a dyn ValueView),
    Range(i64, usize),
    None,
}

impl<'a> Items<'a> {
    fn of(value: &'a dyn ValueView) -> Self {
        if let Some(array) = value.as_array() {
            Self::Array(array)
        } else if let Some(object) = value.as_object() {
            let pair = |(name, value): (_, &dyn ValueView)| {
                Liquid::Array(vec![Liquid::scalar(KString::from(name)), value.to_value()])
            };
            Self::Pairs(object.iter().map(pair).collect())
        } else if value.is_nil() || value.is_state() || value.to_kstr().is_empty() {
            Self::None
        } else {
            Self::One(value)
        }
    }

    fn range(start: i64, end: i64) -> Self {
        let length = end.saturating_sub(start).saturating_add(1);
        Self::Range(start, usize::try_from(length).unwrap_or(0))
    }

    fn len(&self) -> usize {
        match self {
            Self::Array(array) => usize::try_from(array.size()).unwrap_or(0),
            Self::Pairs(pairs) => pairs.len(),
            Self::One(_) => 1,
            Self::Range(_, length) => *length,
            Self::None => 0,
        }
    }

    fn get(&self, index: usize) -> ValueCow<'_> {
        let place = i64::try_from(index).unwrap_or(i64::MAX);
        match self {
            Self::Array(array) => ValueCow::Borrowed(array.get(place).unwrap_or(&NIL)),
            Self::Pairs(pairs) => ValueCow::Borrowed(&pairs[index]),
            Self::One(value) => ValueCow::Borrowed(*value),
            Self::Range(start, _) => ValueCow::Owned(Liquid::scalar(start + place)),
            Self::None => ValueCow::Borrowed(&NIL),
        }
    }
}

fn number(expression: &Expression, runtime: &dyn Runtime) -> Result<i64> {
    let value = expression.evaluate(runtime)?;
    Ok(value.as_scalar().and_then(|scalar| scalar.to_integer()).unwrap_or(0))
}

fn count(expression: Option<&Expression>, runtime: &dyn Runtime) -> Result<Option<usize>> {
    let Some(expression) = expression else { return Ok(None) };
    let value = expression.evaluate(runtime)?;
    let number = value.as_scalar().and_then(|scalar| scalar.to_integer());
    Ok(number.map(|number| usize::try_from(number).unwrap_or(0)))
}

/// `forloop`, within a loop.
#[derive(Debug)]
struct ForLoop<'p> {
    index0: i64,
    index: i64,
    rindex0: i64,
    rindex: i64,
    length: i64,
    first: bool,
    last: bool,
    parent: Option<&'p dyn ValueView>,
}

impl<'p> ForLoop<'p> {
    fn new(index: usize, length: usize, parent: Option<&'p dyn ValueView>) -> Self {
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        let index0 = i64::try_from(index).unwrap_or(i64::MAX);
        Self {
            index0,
            index: index0 + 1,
            rindex0: length - index0 - 1,
            rindex: length - index0,
            length,
            first: index0 == 0,
            last: index0 + 1 == length,
            parent,
        }
    }
}

impl Fields for ForLoop<'_> {
    fn field(&self, name: &str) -> Option<&dyn ValueView> {
        Some(match name {
            "index0" => &self.index0,
            "index" => &self.index,
            "rindex0" => &self.rindex0,
            "rindex" => &self.rindex,
            "length" => &self.length,
            "first" => &self.first,
            "last" => &self.last,
            "parentloop" => self.parent?,
            _ => return None,
        })
    }

    fn names(&self) -> Vec<&str> {
        vec!["index0", "index", "rindex0", "rindex", "length", "first", "last"]
    }
}
object!(ForLoop<'p>);

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

/// How deep partials may nest before they are taken to include themselves.
pub(super) const INCLUDE_DEPTH: usize = 64;

/// How deep the partial being rendered is nested. A register.
#[derive(Debug, Default)]
struct Depth(usize);

impl Renderable for Partial {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        let name = self.name.evaluate(runtime)?.to_kstr().into_string();
        let template = runtime.partials().get(&name)?;
        let depth = runtime.registers().get_mut::<Depth>().0;
        if depth >= INCLUDE_DEPTH {
            let message = format!("templates include each other over {INCLUDE_DEPTH} deep");
            return Err(Error::with_msg(message).context("template", name));
        }
        runtime.registers().get_mut::<Depth>().0 = depth + 1;
        let done = self.render_with(&name, &*template, writer, runtime);
        runtime.registers().get_mut::<Depth>().0 = depth;
        done.replace("")
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
        for index in 0..length {
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
        template.render_to(writer, &Frame::isolated(runtime, names, &assigned))
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
