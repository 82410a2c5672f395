//! Templates as they are kept: read once, rendered often.
//!
//! **Invariant:** everything that can be wrong with a template by itself was found when it was read.

use std::sync::Arc;

use crate::filter::{Filter, Run};
use crate::tag::Tag;
use crate::value::Value;

/// Nodes, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Block {
    pub nodes: Box<[Node]>,
    /// What rendering it counts as in [`crate::limits::WORK`], without what is nested in it.
    pub work: u64,
}

/// A piece of a template.
#[derive(Debug)]
pub(crate) struct Node {
    /// The byte at which it begins.
    pub offset: u32,
    pub kind: NodeKind,
}

#[derive(Debug)]
pub(crate) enum NodeKind {
    Text(Box<str>),
    Output(Filtered),
    Assign(Box<str>, Filtered),
    Capture(Box<str>, Block),
    If(Box<[Branch]>),
    Case(Box<Case>),
    For(Box<For>),
    TableRow(Box<TableRow>),
    Cycle(Box<Cycle>),
    /// A counter, and whether it goes up.
    Count(Box<str>, Step),
    IfChanged(Block),
    Include(Box<Partial>),
    Render(Box<Partial>),
    /// The nodes of a `liquid` tag.
    Group(Block),
    Break,
    Continue,
    Host(Box<HostTag>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Up,
    Down,
}

/// A part of an `if` or `unless`; rendered where its condition holds, or it has none.
#[derive(Debug)]
pub(crate) struct Branch {
    pub condition: Option<Condition>,
    pub block: Block,
}

/// Terms, each joined to all that follow: `a and b or c` is `a and (b or c)`.
#[derive(Debug)]
pub(crate) struct Condition {
    pub terms: Box<[(Term, Option<Join>)]>,
    /// Of `unless`.
    pub negated: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Join {
    And,
    Or,
}

#[derive(Debug)]
pub(crate) enum Term {
    Truthy(Expression),
    Compare(Expression, Operator, Expression),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
}

#[derive(Debug)]
pub(crate) struct Case {
    pub subject: Expression,
    /// In order.
    pub parts: Box<[When]>,
}

/// A part of a `case`.
#[derive(Debug)]
pub(crate) struct When {
    /// The values it stands for; none for an `else`.
    pub values: Option<Box<[Expression]>>,
    pub block: Block,
}

#[derive(Debug)]
pub(crate) struct For {
    pub variable: Box<str>,
    pub list: Expression,
    /// `variable-list`, as written.
    pub name: Arc<str>,
    pub window: Window,
    pub reversed: bool,
    pub body: Block,
    pub otherwise: Option<Block>,
}

/// Which items of its list a loop goes over.
#[derive(Debug, Default)]
pub(crate) struct Window {
    pub limit: Option<Expression>,
    pub offset: Option<Offset>,
}

#[derive(Debug)]
pub(crate) enum Offset {
    /// Where the last loop of this name ended.
    Continue,
    At(Expression),
}

#[derive(Debug)]
pub(crate) struct TableRow {
    pub variable: Box<str>,
    pub list: Expression,
    pub name: Arc<str>,
    pub window: Window,
    pub columns: Option<Expression>,
    pub body: Block,
}

#[derive(Debug)]
pub(crate) struct Cycle {
    pub name: Option<Expression>,
    pub values: Box<[Expression]>,
    /// What tells a cycle without a name from others: its values as written.
    pub written: Arc<str>,
}

/// An `include` or `render`.
#[derive(Debug)]
pub(crate) struct Partial {
    pub place: PartialPlace,
    pub name: PartialName,
    /// `with` or `for`, and what stands behind it.
    pub bound: Option<(Bound, Expression)>,
    /// The variable that the bound value has; by default the partial's name.
    pub alias: Option<Box<str>>,
    /// `name: value`: variables of the partial.
    pub arguments: Box<[(Box<str>, Expression)]>,
    /// `name=value`: fields of `include`.
    pub parameters: Box<[(Box<str>, Expression)]>,
}

/// Where a partial is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartialPlace {
    /// Among the templates.
    Templates,
    /// Among the files beside the page.
    Beside,
}

#[derive(Debug)]
pub(crate) enum PartialName {
    Fixed(Box<str>),
    /// Its value, else the text as written.
    Computed(Expression, Box<str>),
    /// `note-{{ page.kind }}.html`: text and outputs; and as written.
    Text(Block, Box<str>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bound {
    With,
    For,
}

/// A tag of the host's.
#[derive(Debug)]
pub(crate) struct HostTag {
    pub tag: Arc<dyn Tag>,
    pub markup: Markup,
    pub body: Option<Block>,
}

/// What stands in a host's tag behind its name.
#[derive(Debug)]
pub(crate) enum Markup {
    /// As written, with what stands in `{{ }}` rendered.
    Text(Block),
    Arguments(Arguments),
}

/// Arguments of a filter or of a host's tag.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    pub positional: Box<[Expression]>,
    pub named: Box<[(Box<str>, Expression)]>,
}

/// An expression and the filters it goes through.
#[derive(Debug)]
pub(crate) struct Filtered {
    pub value: Expression,
    pub filters: Box<[Call]>,
    /// Where its result may be remembered: for an expression whose outermost name lasts.
    pub remembered: Option<Remembered>,
}

/// How the result of an expression is remembered.
#[derive(Debug)]
pub(crate) struct Remembered {
    /// Tells it from every other expression of the language.
    pub id: u32,
}

/// A filter at work.
#[derive(Debug)]
pub(crate) struct Call {
    pub name: Box<str>,
    pub offset: u32,
    pub callee: Callee,
    pub arguments: Arguments,
}

pub(crate) enum Callee {
    Builtin(Run),
    Host(Arc<dyn Filter>),
    Each(Box<EachItem>),
}

impl std::fmt::Debug for Callee {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Builtin(_) => "builtin",
            Self::Host(filter) => filter.name(),
            Self::Each(_) => "each",
        })
    }
}

/// A filter that looks at each item through a condition or expression of its own.
#[derive(Debug)]
pub(crate) struct EachItem {
    pub kind: Each,
    pub variable: Box<str>,
    pub test: Test,
    /// What each item counts as in [`crate::limits::WORK`].
    pub work: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Each {
    Where,
    Find,
    Group,
}

/// What `where_exp` and the like ask of an item.
#[derive(Debug)]
pub(crate) enum Test {
    Condition(Condition),
    Value(Filtered),
}

#[derive(Debug)]
pub(crate) enum Expression {
    Literal(Literal),
    Path(Path),
    Range(Box<(Expression, Expression)>),
}

/// A value that stands in the template.
#[derive(Debug)]
pub(crate) enum Literal {
    Nil,
    Empty,
    Blank,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Box<str>),
}

impl Literal {
    pub fn value(&self) -> Value<'_> {
        match self {
            Self::Nil => Value::Nil,
            Self::Empty => Value::Empty,
            Self::Blank => Value::Blank,
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(number) => Value::Int(*number),
            Self::Float(number) => Value::Float(*number),
            Self::Text(text) => Value::Str(text),
        }
    }
}

/// A name, and what is looked up in what it names.
#[derive(Debug)]
pub(crate) struct Path {
    pub root: Root,
    pub rest: Box<[Segment]>,
    pub offset: u32,
    /// As written.
    pub written: Box<str>,
}

#[derive(Debug)]
pub(crate) enum Root {
    Name(Box<str>),
    /// `[expression]`: the value is the name.
    Computed(Box<Expression>),
}

#[derive(Debug)]
pub(crate) enum Segment {
    /// `.name`: a field, else one of `size`, `first`, `last`.
    Name(Box<str>),
    /// `['name']`: a field.
    Key(Box<str>),
    Index(i64),
    Computed(Expression),
}
