//! `capture` and `ifchanged`, as bengal has them: what they hold in memory has a limit.

use std::io::Write;

use liquid_core::model::{KString, Value as Liquid};
use liquid_core::runtime::{Renderable, Runtime, Template};
use liquid_core::{BlockReflection, Error, Language, ParseBlock, Result, TagBlock, TagTokenIter};

use super::budget::{Budget, Limit};

/// `{% capture name %}…{% endcapture %}`: gives what is rendered within a name.
#[derive(Clone, Debug)]
pub(super) struct CaptureBlock;

impl BlockReflection for CaptureBlock {
    fn start_tag(&self) -> &str {
        "capture"
    }

    fn end_tag(&self) -> &str {
        "endcapture"
    }

    fn description(&self) -> &str {
        "Gives what is rendered within a name."
    }
}

impl ParseBlock for CaptureBlock {
    fn parse(
        &self,
        mut arguments: TagTokenIter<'_>,
        mut tokens: TagBlock<'_, '_>,
        options: &Language,
    ) -> Result<Box<dyn Renderable>> {
        let name = arguments.expect_next("a name belongs here")?;
        // Both are written: `capture name` and `capture "name"`.
        let name = KString::from_ref(name.as_str().trim_matches(['"', '\'']));
        arguments.expect_nothing()?;
        let body = Template::new(tokens.parse_all(options)?);
        tokens.assert_empty();
        Ok(Box::new(Capture { name, body }))
    }

    fn reflection(&self) -> &dyn BlockReflection {
        self
    }
}

#[derive(Debug)]
struct Capture {
    name: KString,
    body: Template,
}

impl Renderable for Capture {
    fn render_to(&self, _writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        let text = text_of(&self.body, runtime)?;
        runtime.set_global(self.name.clone(), Liquid::scalar(text));
        Ok(())
    }
}

/// `{% ifchanged %}…{% endifchanged %}`: shows what is rendered within unless it was just shown.
#[derive(Clone, Debug)]
pub(super) struct IfChangedBlock;

impl BlockReflection for IfChangedBlock {
    fn start_tag(&self) -> &str {
        "ifchanged"
    }

    fn end_tag(&self) -> &str {
        "endifchanged"
    }

    fn description(&self) -> &str {
        "Shows what is rendered within unless it is what was shown last."
    }
}

impl ParseBlock for IfChangedBlock {
    fn parse(
        &self,
        mut arguments: TagTokenIter<'_>,
        mut tokens: TagBlock<'_, '_>,
        options: &Language,
    ) -> Result<Box<dyn Renderable>> {
        arguments.expect_nothing()?;
        let body = Template::new(tokens.parse_all(options)?);
        tokens.assert_empty();
        Ok(Box::new(IfChanged { body }))
    }

    fn reflection(&self) -> &dyn BlockReflection {
        self
    }
}

#[derive(Debug)]
struct IfChanged {
    body: Template,
}

/// What an `ifchanged` showed last. A register.
#[derive(Debug, Default)]
struct Shown(Option<String>);

impl Renderable for IfChanged {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        let text = text_of(&self.body, runtime)?;
        if runtime.registers().get_mut::<Shown>().0.as_ref() == Some(&text) {
            return Ok(());
        }
        write(writer, &text)?;
        runtime.registers().get_mut::<Shown>().0 = Some(text);
        Ok(())
    }
}

fn text_of(body: &Template, runtime: &dyn Runtime) -> Result<String> {
    let mut text = Vec::new();
    let budget = Budget::of(runtime);
    body.render_to(&mut budget.writer(&mut text, Limit::TextBytes), runtime)?;
    String::from_utf8(text).map_err(|_| Error::with_msg("what is rendered is no UTF-8"))
}

/// Writes `text`; a writer fails only where it has a limit, which is noted elsewhere.
pub(super) fn write(writer: &mut dyn Write, text: &str) -> Result<()> {
    writer.write_all(text.as_bytes()).map_err(|error| Error::with_msg(error.to_string()))
}
