//! Renders templates.
//!
//! **Invariant:** nothing of the host's model is copied, and nothing runs for ever: see
//! [`crate::limits`].

mod calls;
mod expression;
mod loops;
mod partials;
mod remember;
mod tags;
#[cfg(test)]
mod tests;

use std::fmt::Write;
use std::sync::Arc;

use jiff::tz::TimeZone;
use rustc_hash::FxHashSet;
use smallvec::SmallVec;

use crate::ast::{Block, Node, NodeKind};
use crate::date::Date;
use crate::error::{Fault, Place, RenderError, SyntaxError, Undefined};
use crate::filter::{FilterError, Surroundings};
use crate::forloop::{Loop, Round};
use crate::host::{File, Host};
use crate::limits::{
    Budget, DEPTH, INCLUDES, ITEM_WORK, LOOP_ROUNDS, Limit, OUTPUT_BYTES, TEXT_BYTES,
};
use crate::memo::{Entry, Memo};
use crate::template::Template;
use crate::value::{Object, Value, Walk};
use crate::watch::Watch;

/// What a template is rendered with.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'m, 'v> {
    /// The names that are the same in every rendering.
    pub lasting: &'m dyn Object,
    /// The names of this one.
    pub globals: &'v dyn Object,
    /// The templates that may be included.
    pub partials: &'m dyn Partials,
    /// What is remembered from one rendering to the next.
    pub memo: Option<&'m Memo<'m>>,
    /// The clock.
    pub now: Date,
    /// The zone of dates that name none.
    pub zone: &'m TimeZone,
    /// What randomness begins with.
    pub seed: &'v str,
    /// The program that renders.
    pub host: &'v dyn Host,
    /// What it is told of what is read.
    pub watch: &'static Watch,
    /// Whether undefined names are to be noted.
    pub strict: bool,
}

/// Where partials come from.
pub trait Partials: std::fmt::Debug + Send + Sync {
    /// The template that `include` and `render` name.
    fn partial(&self, name: &str) -> Partial<'_>;

    /// The template that is in `file`, which was read for a page; it is kept as long as the others are.
    ///
    /// # Errors
    /// What is wrong with it first; and always, where nothing can be kept.
    fn keep(&self, file: File) -> Result<&Template, SyntaxError> {
        drop(file);
        Err(SyntaxError::new("files cannot be included here", 0))
    }
}

/// A template that was looked for.
#[derive(Clone, Copy, Debug)]
pub enum Partial<'p> {
    /// It is there.
    Found(&'p Template),
    /// It is there, and wrong.
    Wrong,
    /// There is none.
    Missing,
}

impl Template {
    /// Appends what the template gives to `out`; gives the names that were undefined, each place once,
    /// where the scene is strict.
    ///
    /// # Errors
    /// When a filter or tag cannot go on, a partial is missing, or a limit is reached.
    pub fn render<'m: 'v, 'v>(
        &'m self,
        scene: Scene<'m, 'v>,
        out: &mut String,
    ) -> Result<Vec<Undefined>, Box<RenderError>> {
        self.render_within(scene, Budget::default(), out)
    }

    /// As [`Self::render`], with what is left in `budget`.
    fn render_within<'m: 'v, 'v>(
        &'m self,
        scene: Scene<'m, 'v>,
        budget: Budget,
        out: &mut String,
    ) -> Result<Vec<Undefined>, Box<RenderError>> {
        let mut renderer = Renderer::new(scene, self);
        renderer.budget = budget;
        renderer.most = out.len() + OUTPUT_BYTES;
        std::mem::swap(&mut renderer.out, out);
        let rendered = renderer.shown_to_host(self);
        std::mem::swap(&mut renderer.out, out);
        rendered?;
        Ok(renderer.undefined)
    }
}

/// Output that refuses what would make it longer than it may be; it is then just too long, which
/// [`Renderer::check_output`] finds.
struct Bounded<'o> {
    out: &'o mut String,
    most: usize,
}

impl Write for Bounded<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        if self.out.len() > self.most {
            return Err(std::fmt::Error);
        }
        self.out.push_str(text);
        Ok(())
    }
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    Next,
    Break,
    Continue,
}

type Rendered = Result<Flow, Box<RenderError>>;
type Evaluated<'v> = Result<Value<'v>, Box<RenderError>>;

/// A variable of the template.
#[derive(Clone, Debug)]
struct Variable<'m, 'v> {
    name: &'m str,
    value: Value<'v>,
    /// The result that it has, where that is remembered.
    entry: Option<Arc<Entry<'m>>>,
    /// The loop under way that it stands for, where it is a `forloop`.
    running: Option<usize>,
}

impl<'m, 'v> Variable<'m, 'v> {
    fn new(name: &'m str, value: Value<'v>) -> Self {
        Self { name, value, entry: None, running: None }
    }
}

/// Variables, loops and the like that a usual template has at once: so many take no memory of their own.
const USUAL: usize = 12;

/// What tells a `cycle` from others.
#[derive(Debug, PartialEq, Eq)]
enum CycleName<'m> {
    /// Its values as written.
    Written(&'m str),
    /// Its name, as shown.
    Named(String),
}

/// A loop under way. What templates ask of it as a rule is answered from here: a value that can be kept
/// is made only when one is asked for.
#[derive(Debug)]
struct Running<'m> {
    round: Round,
    name: &'m Arc<str>,
    /// The same for values.
    shared: Option<Arc<Loop>>,
}

/// A rendering under way.
struct Renderer<'m, 'v> {
    scene: Scene<'m, 'v>,
    /// The template, or the partial in it.
    template: &'m Template,
    /// The tags that included it, outermost first.
    included_from: Vec<(&'m Template, u32)>,
    /// Variables of loops and partials, innermost last.
    locals: SmallVec<[Variable<'m, 'v>; USUAL]>,
    /// Variables that were assigned.
    assigned: SmallVec<[Variable<'m, 'v>; USUAL]>,
    /// The locals and assigned variables from which on they are seen: `render` hides what is around it.
    hidden: (usize, usize),
    counters: SmallVec<[(&'m str, i64); 4]>,
    cycles: SmallVec<[(CycleName<'m>, usize); 4]>,
    /// What `ifchanged` last showed.
    shown: Option<String>,
    /// Where loops ended, by name.
    ended: SmallVec<[(Arc<str>, usize); USUAL]>,
    /// Loops under way, innermost last.
    loops: SmallVec<[Running<'m>; 4]>,
    /// Of these, how many `render` hides.
    loops_hidden: usize,
    out: String,
    /// Bytes that `out` may have.
    most: usize,
    depth: usize,
    rounds: u64,
    includes: u64,
    budget: Budget,
    undefined: Vec<Undefined>,
    noted: FxHashSet<*const u8>,
    /// Arguments of the filters being called; kept for its memory.
    arguments: SmallVec<[Value<'v>; 4]>,
    /// The values that stand for paths, where a result is to be remembered.
    captured: Vec<(*const u8, Option<Value<'v>>)>,
}

impl<'m: 'v, 'v> Renderer<'m, 'v> {
    fn new(scene: Scene<'m, 'v>, template: &'m Template) -> Self {
        Self {
            scene,
            template,
            included_from: Vec::new(),
            locals: SmallVec::new(),
            assigned: SmallVec::new(),
            hidden: (0, 0),
            counters: SmallVec::new(),
            cycles: SmallVec::new(),
            shown: None,
            ended: SmallVec::new(),
            loops: SmallVec::new(),
            loops_hidden: 0,
            out: String::new(),
            most: OUTPUT_BYTES,
            depth: 0,
            rounds: LOOP_ROUNDS,
            includes: INCLUDES,
            budget: Budget::default(),
            undefined: Vec::new(),
            noted: FxHashSet::default(),
            arguments: SmallVec::new(),
            captured: Vec::new(),
        }
    }

    /// Renders what `template` holds.
    fn shown_to_host(&mut self, template: &'m Template) -> Rendered {
        let host = self.scene.host;
        let before = self.out.len();
        host.enter(template);
        let rendered = self.block(&template.block);
        host.leave(template, self.out.len().saturating_sub(before));
        rendered
    }

    fn block(&mut self, block: &'m Block) -> Rendered {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.limit(start_of(block), Limit::Depth));
        }
        if let Err(limit) = self.budget.work(block.work) {
            return Err(self.limit(start_of(block), limit));
        }
        let mut flow = Flow::Next;
        for node in &block.nodes {
            flow = self.node(node)?;
            if flow != Flow::Next {
                break;
            }
        }
        self.depth -= 1;
        Ok(flow)
    }

    fn node(&mut self, node: &'m Node) -> Rendered {
        match &node.kind {
            NodeKind::Text(text) => {
                self.out.push_str(text);
                self.check_output(node.offset)?;
            }
            NodeKind::Output(filtered) => {
                let value = self.filtered(filtered)?;
                self.show(node.offset, &value)?;
            }
            NodeKind::Assign(name, filtered) => self.assign(node.offset, name, filtered)?,
            NodeKind::Capture(name, block) => return self.capture(node.offset, name, block),
            NodeKind::If(branches) => return self.choose(branches),
            NodeKind::Case(case) => return self.case(node.offset, case),
            NodeKind::For(kind) => return self.run_loop(node.offset, kind),
            NodeKind::TableRow(table) => return self.table(node.offset, table),
            NodeKind::Cycle(cycle) => self.cycle(node.offset, cycle)?,
            NodeKind::Count(name, step) => self.count(node.offset, name, *step)?,
            NodeKind::IfChanged(block) => return self.if_changed(node.offset, block),
            NodeKind::Include(partial) => return self.include(node.offset, partial),
            NodeKind::Render(partial) => self.render(node.offset, partial)?,
            NodeKind::Group(block) => return self.block(block),
            NodeKind::Break => return Ok(Flow::Break),
            NodeKind::Continue => return Ok(Flow::Continue),
            NodeKind::Host(tag) => self.host(node.offset, tag)?,
        }
        Ok(Flow::Next)
    }

    /// Writes `value` as `{{ }}` does.
    fn show(&mut self, offset: u32, value: &Value<'_>) -> Result<(), Box<RenderError>> {
        match value {
            Value::Str(text) => self.out.push_str(text),
            Value::Text(text) => self.out.push_str(text),
            Value::Nil => return Ok(()),
            other => {
                let mut walk = Walk::new();
                let mut out = Bounded { out: &mut self.out, most: self.most };
                if other.show_within(&mut out, &mut walk).is_err() && self.out.len() <= self.most {
                    return Err(self.limit(offset, Limit::Walk));
                }
                self.spend(offset, walk.spent())?;
            }
        }
        self.check_output(offset)
    }

    fn check_output(&self, offset: u32) -> Result<(), Box<RenderError>> {
        if self.out.len() > self.most { Err(self.too_long(offset)) } else { Ok(()) }
    }

    #[cold]
    fn too_long(&self, offset: u32) -> Box<RenderError> {
        let whole = self.most >= OUTPUT_BYTES;
        self.limit(offset, if whole { Limit::OutputBytes } else { Limit::TextBytes })
    }

    /// Counts what a filter or comparison is about to go over.
    fn work(&self, offset: u32, value: &Value<'v>) -> Result<(), Box<RenderError>> {
        match value {
            Value::Str(text) => self.spend(offset, text.len()),
            Value::Text(text) => self.spend(offset, text.len()),
            Value::List(_)
            | Value::Items(_)
            | Value::Range(..)
            | Value::Object(_)
            | Value::Map(_) => {
                let items = value.len().unwrap_or(0);
                self.counted(offset, self.budget.work_over(items, ITEM_WORK))
            }
            _ => Ok(()),
        }
    }

    /// Counts so many bytes gone over.
    fn spend(&self, offset: u32, bytes: usize) -> Result<(), Box<RenderError>> {
        self.counted(offset, self.budget.work_over(bytes, 1))
    }

    /// The limit that was met at `offset`, if any was.
    fn counted(&self, offset: u32, counted: Result<(), Limit>) -> Result<(), Box<RenderError>> {
        counted.map_err(|limit| self.limit(offset, limit))
    }

    /// What `render` writes, as a text of its own, for the tag at `offset`.
    fn text_of(
        &mut self,
        offset: u32,
        render: impl FnOnce(&mut Self) -> Rendered,
    ) -> Result<(Flow, String), Box<RenderError>> {
        let outer = std::mem::take(&mut self.out);
        let most = std::mem::replace(&mut self.most, TEXT_BYTES);
        let flow = render(self);
        self.most = most;
        let text = std::mem::replace(&mut self.out, outer);
        let flow = flow?;
        self.spend(offset, text.len())?;
        Ok((flow, text))
    }

    /// Counts what a filter or `capture` made.
    fn count_made(&self, offset: u32, value: &Value<'v>) -> Result<(), Box<RenderError>> {
        let bytes = match value {
            Value::Text(text) => text.len(),
            Value::Items(items) => std::mem::size_of_val(&**items),
            _ => return Ok(()),
        };
        self.counted(offset, self.budget.made(bytes))
    }

    fn limit(&self, offset: u32, limit: Limit) -> Box<RenderError> {
        self.fault(offset, Fault::Limit(limit))
    }

    fn fault(&self, offset: u32, kind: Fault) -> Box<RenderError> {
        let place = |template: &Template, offset: u32| Place {
            template: template.name().to_owned(),
            offset: offset as usize,
        };
        let included = self.included_from.iter().rev();
        Box::new(RenderError {
            kind,
            place: place(self.template, offset),
            included_from: included.map(|(template, offset)| place(template, *offset)).collect(),
        })
    }

    /// The fault of a filter or tag named `name`.
    fn failed(&self, offset: u32, name: &str, error: FilterError) -> Box<RenderError> {
        self.fault(
            offset,
            match error {
                FilterError::Argument(message) => {
                    Fault::Argument { name: name.to_owned(), message }
                }
                FilterError::Limit(limit) => Fault::Limit(limit),
            },
        )
    }

    fn surroundings(&self) -> Surroundings<'_> {
        let Scene { now, zone, seed, host, watch, .. } = self.scene;
        Surroundings { now, zone, seed, host, watch, budget: &self.budget }
    }
}

/// Where `block` begins; 0 where there is nothing in it.
fn start_of(block: &Block) -> u32 {
    block.nodes.first().map_or(0, |node| node.offset)
}
