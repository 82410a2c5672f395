//! `assign`, as bengal has it: a name for something of the site's is that thing, not a copy of it.
//!
//! Liquid's own copies whatever it is given: `{% assign all = site.pages %}` would copy every page, for
//! each page that is rendered.

use std::io::Write;

use liquid_core::model::{KString, ScalarCow, ValueCow, ValueView};
use liquid_core::parser::{FilterChain, TryMatchToken};
use liquid_core::runtime::{Renderable, Runtime};
use liquid_core::{Expression, Language, ParseTag, Result, TagReflection, TagTokenIter};

use super::scope::{Aliases, Isolation, Origins, address};

/// `{% assign name = value | filter %}`.
#[derive(Clone, Debug)]
pub(super) struct AssignTag;

impl TagReflection for AssignTag {
    fn tag(&self) -> &str {
        "assign"
    }

    fn description(&self) -> &str {
        "Gives a value a name."
    }
}

impl ParseTag for AssignTag {
    fn parse(
        &self,
        mut arguments: TagTokenIter<'_>,
        options: &Language,
    ) -> Result<Box<dyn Renderable>> {
        let name = arguments.expect_next("a name belongs here")?.expect_identifier();
        let name = KString::from_ref(name.into_result()?);
        arguments.expect_next("`=` belongs here")?.expect_str("=").into_result()?;
        let value = arguments.expect_next("a value belongs here")?;
        let value = match value.expect_value() {
            TryMatchToken::Matches(value) => Source::Value(value),
            TryMatchToken::Fails(token) => {
                Source::Filtered(token.expect_filter_chain(options).into_result()?)
            }
        };
        arguments.expect_nothing()?;
        Ok(Box::new(Assign { name, value }))
    }

    fn reflection(&self) -> &dyn TagReflection {
        self
    }
}

#[derive(Debug)]
struct Assign {
    name: KString,
    value: Source,
}

#[derive(Debug)]
enum Source {
    Value(Expression),
    Filtered(FilterChain),
}

impl Renderable for Assign {
    fn render_to(&self, _writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        let value = match &self.value {
            Source::Value(Expression::Variable(variable)) => {
                let path = variable.evaluate(runtime)?;
                if is_of_site(&path, runtime) {
                    let path = path.iter().map(|part| part.clone().into_owned()).collect();
                    runtime.registers().get_mut::<Aliases>().0.insert(self.name.clone(), path);
                    return Ok(());
                }
                runtime.get(&path)?.into_owned()
            }
            Source::Value(literal) => literal.evaluate(runtime)?.into_owned(),
            Source::Filtered(chain) => chain.evaluate(runtime)?.into_owned(),
        };
        runtime.set_global(self.name.clone(), value);
        Ok(())
    }
}

/// Whether `path` leads, from one of bengal's own names, to a list or an object; and the name is not
/// hidden by a loop's or a partial's.
fn is_of_site(path: &[ScalarCow<'_>], runtime: &dyn Runtime) -> bool {
    let Some(first) = path.first() else { return false };
    let Some(ValueCow::Borrowed(origin)) = runtime.try_get(std::slice::from_ref(first)) else {
        return false;
    };
    let registers = runtime.registers();
    let is_own = registers.get_mut::<Origins>().0.contains(&address(origin));
    let isolated = registers.get_mut::<Isolation>().0 > 0;
    let is_plain = |value: &dyn ValueView| value.is_scalar() || value.is_nil();
    is_own && !isolated && runtime.try_get(path).is_some_and(|value| !is_plain(value.as_view()))
}
