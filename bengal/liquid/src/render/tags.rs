//! Tags that are neither loops nor partials.

use super::expression::equal;
use super::{CycleName, Flow, Rendered, Renderer, Variable, start_of};
use crate::ast::{Block, Branch, Case, Cycle, Filtered, HostTag, Markup, Step, When};
use crate::error::RenderError;
use crate::limits::{Limit, TextBuilder, VARIABLES};
use crate::tag::Given;
use crate::value::Value;

type Done = Result<(), Box<RenderError>>;

impl<'m: 'v, 'v> Renderer<'m, 'v> {
    pub(super) fn assign(&mut self, offset: u32, name: &'m str, filtered: &'m Filtered) -> Done {
        let (value, entry) = match self.remembered(filtered)? {
            Some(entry) => (entry.value.clone(), Some(entry)),
            None => (self.evaluate(filtered)?, None),
        };
        self.set(offset, Variable { name, value, entry, running: None })
    }

    fn set(&mut self, offset: u32, variable: Variable<'m, 'v>) -> Done {
        let is_full = self.assigned.len() >= VARIABLES;
        let seen = &mut self.assigned[self.hidden.1..];
        match seen.iter_mut().find(|own| own.name == variable.name) {
            Some(own) => *own = variable,
            None if is_full => return Err(self.limit(offset, Limit::Variables)),
            None => self.assigned.push(variable),
        }
        Ok(())
    }

    pub(super) fn capture(&mut self, offset: u32, name: &'m str, block: &'m Block) -> Rendered {
        let (flow, text) = self.text_of(offset, |renderer| renderer.block(block))?;
        let value = Value::from(text);
        self.count_made(offset, &value)?;
        self.set(offset, Variable::new(name, value))?;
        Ok(flow)
    }

    pub(super) fn choose(&mut self, branches: &'m [Branch]) -> Rendered {
        for branch in branches {
            let offset = start_of(&branch.block);
            let holds = match &branch.condition {
                Some(condition) => self.holds(offset, condition)?,
                None => true,
            };
            if holds {
                return self.block(&branch.block);
            }
        }
        Ok(Flow::Next)
    }

    /// Each part whose value is the subject's, and an `else` where none before it was.
    pub(super) fn case(&mut self, offset: u32, case: &'m Case) -> Rendered {
        let subject = self.expression(&case.subject)?;
        let mut any = false;
        for When { values, block } in &case.parts {
            let Some(values) = values else {
                let flow = if any { Flow::Next } else { self.block(block)? };
                if flow != Flow::Next {
                    return Ok(flow);
                }
                continue;
            };
            for value in values {
                let value = self.expression(value)?;
                let (same, spent) = equal(&subject, &value);
                self.spend(offset, spent)?;
                if same {
                    any = true;
                    let flow = self.block(block)?;
                    if flow != Flow::Next {
                        return Ok(flow);
                    }
                }
            }
        }
        Ok(Flow::Next)
    }

    pub(super) fn cycle(&mut self, offset: u32, cycle: &'m Cycle) -> Done {
        let key = match &cycle.name {
            Some(name) => {
                let mut key = TextBuilder::default();
                let name = self.expression(name)?;
                let named = key.write_with(|key| name.inspect(key));
                self.counted(offset, named)?;
                let key = key.finish();
                self.counted(offset, self.budget.made(key.len()))?;
                CycleName::Named(key)
            }
            None => CycleName::Written(&cycle.written),
        };
        // They are looked for one after the other.
        self.spend(offset, self.cycles.len().saturating_mul(size_of::<CycleName<'_>>()))?;
        let index = match self.cycles.iter().position(|(own, _)| *own == key) {
            Some(index) => index,
            None => {
                self.cycles.push((key, 0));
                self.cycles.len() - 1
            }
        };
        let round = self.cycles[index].1;
        if let Some(value) = cycle.values.get(round) {
            let value = self.expression(value)?;
            self.show(offset, &value)?;
        }
        let next = round + 1;
        self.cycles[index].1 = if next >= cycle.values.len() { 0 } else { next };
        Ok(())
    }

    /// `increment` shows the counter and then counts; `decrement` counts and then shows it.
    pub(super) fn count(&mut self, offset: u32, name: &'m str, step: Step) -> Done {
        let index = match self.counters.iter().position(|(own, _)| *own == name) {
            Some(index) => index,
            None if self.counters.len() >= VARIABLES => {
                return Err(self.limit(offset, Limit::Variables));
            }
            None => {
                // As in Ruby, a counter goes on from a global of its name.
                let global = match self.scene.globals.get(name) {
                    Some(Value::Int(number)) => number,
                    _ => 0,
                };
                self.counters.push((name, global));
                self.counters.len() - 1
            }
        };
        let counter = &mut self.counters[index].1;
        let shown = match step {
            Step::Up => {
                let shown = *counter;
                *counter = counter.saturating_add(1);
                shown
            }
            Step::Down => {
                *counter = counter.saturating_sub(1);
                *counter
            }
        };
        self.show(offset, &Value::Int(shown))
    }

    pub(super) fn if_changed(&mut self, offset: u32, block: &'m Block) -> Rendered {
        let (flow, text) = self.text_of(offset, |renderer| renderer.block(block))?;
        if self.shown.as_deref() != Some(&text) {
            self.out.push_str(&text);
            self.check_output(offset)?;
            self.shown = Some(text);
        }
        Ok(flow)
    }

    pub(super) fn host(&mut self, offset: u32, host: &'m HostTag) -> Done {
        self.counted(offset, self.budget.work(host.tag.work()))?;
        let body = match &host.body {
            Some(block) => Some(self.text_of(offset, |renderer| renderer.block(block))?.1),
            None => None,
        };
        let body = body.as_deref();
        let mut out = String::new();
        let done = match &host.markup {
            Markup::Text(block) => {
                let text = self.text_of(offset, |renderer| renderer.block(block))?.1;
                let arguments = crate::filter::Arguments { positional: &[], named: &[] };
                let given = Given { text: text.trim(), arguments, body };
                host.tag.run(&given, &self.surroundings(), &mut out)
            }
            Markup::Arguments(arguments) => {
                self.with_arguments(offset, arguments, |arguments, around| {
                    let given = Given { text: "", arguments: *arguments, body };
                    host.tag.run(&given, around, &mut out)
                })?
            }
        };
        done.map_err(|error| self.failed(offset, host.tag.name(), error))?;
        self.spend(offset, out.len())?;
        self.out.push_str(&out);
        self.check_output(offset)
    }
}
