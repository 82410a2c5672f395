//! `include` and `render`.

use std::sync::Arc;

use super::{Flow, Partial as Lookup, Rendered, Renderer, Variable};
use crate::ast::{Bound, Partial, PartialName, PartialPlace};
use crate::error::{Fault, Place, RenderError};
use crate::forloop::Loop;
use crate::limits::{FILE_WORK, INCLUDE_DEPTH, Limit, MARKUP_WORK};
use crate::template::Template;
use crate::value::{Map, Value};

impl<'m: 'v, 'v> Renderer<'m, 'v> {
    /// The partial sees every variable of the place where it is included.
    pub(super) fn include(&mut self, offset: u32, partial: &'m Partial) -> Rendered {
        let (template, variable) = self.look_up(offset, partial)?;
        let bound = match &partial.bound {
            Some((_, expression)) => Some(self.expression(expression)?),
            // As in Ruby, a variable of the partial's name is bound to it.
            None if partial.place == PartialPlace::Beside => None,
            None if partial.parameters.is_empty() && partial.arguments.is_empty() => {
                self.name(variable)
            }
            None => None,
        };
        let mark = self.locals.len();
        let arguments = self.arguments_of(partial)?;
        self.locals.extend(arguments);
        if !partial.parameters.is_empty() {
            let include = self.parameters_of(partial)?;
            self.locals.push(Variable::new("include", include));
        }
        let flow = self.each_bound(offset, template, variable, bound);
        self.locals.truncate(mark);
        flow
    }

    /// Renders the partial with `bound` as its variable; once for each item where that is a list.
    fn each_bound(
        &mut self,
        offset: u32,
        template: &'m Template,
        variable: &'m str,
        bound: Option<Value<'v>>,
    ) -> Rendered {
        let Some(bound) = bound else { return self.enter(offset, template) };
        if !bound.is_list() {
            self.locals.push(Variable::new(variable, bound));
            return self.enter(offset, template);
        }
        let mark = self.locals.len();
        for item in bound.for_items() {
            self.round(offset)?;
            self.locals.truncate(mark);
            self.locals.push(Variable::new(variable, item));
            let flow = self.enter(offset, template)?;
            if flow != Flow::Next {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    /// The partial sees only what it is given, and what it assigns stays in it.
    pub(super) fn render(
        &mut self,
        offset: u32,
        partial: &'m Partial,
    ) -> Result<(), Box<RenderError>> {
        let (template, variable) = self.look_up(offset, partial)?;
        let bound = match &partial.bound {
            Some((kind, expression)) => Some((*kind, self.expression(expression)?)),
            None => None,
        };
        let mut arguments = self.arguments_of(partial)?;
        if !partial.parameters.is_empty() {
            let include = self.parameters_of(partial)?;
            arguments.push(Variable::new("include", include));
        }
        let (locals, assigned) = (self.locals.len(), self.assigned.len());
        let hidden = std::mem::replace(&mut self.hidden, (locals, assigned));
        let loops = std::mem::replace(&mut self.loops_hidden, self.loops.len());
        let counters = std::mem::take(&mut self.counters);
        self.locals.extend(arguments);
        let done = match bound {
            Some((Bound::For, list)) if list.is_list() => {
                self.render_each(offset, template, variable, &list)
            }
            Some((_, value)) => {
                self.locals.push(Variable::new(variable, value));
                self.enter(offset, template).map(drop)
            }
            None => self.enter(offset, template).map(drop),
        };
        self.locals.truncate(locals);
        self.assigned.truncate(assigned);
        self.counters = counters;
        self.loops_hidden = loops;
        self.hidden = hidden;
        done
    }

    fn render_each(
        &mut self,
        offset: u32,
        template: &'m Template,
        variable: &'m str,
        list: &Value<'v>,
    ) -> Result<(), Box<RenderError>> {
        let items = list.for_items();
        let forloop = Arc::new(Loop::new(items.len(), Arc::from(variable), None));
        let (mark, assigned) = (self.locals.len(), self.assigned.len());
        for index in 0..items.len() {
            self.round(offset)?;
            forloop.set_round(index);
            let value = Value::Loop(Arc::clone(&forloop));
            self.locals.push(Variable::new("forloop", value));
            let value = items.get(index).unwrap_or_default();
            self.locals.push(Variable::new(variable, value));
            self.enter(offset, template)?;
            self.locals.truncate(mark);
            self.assigned.truncate(assigned);
        }
        Ok(())
    }

    /// The template that a tag names, and the variable that has its bound value.
    fn look_up(
        &mut self,
        offset: u32,
        partial: &'m Partial,
    ) -> Result<(&'m Template, &'m str), Box<RenderError>> {
        let (value, text);
        let (name, written): (&str, &'m str) = match &partial.name {
            PartialName::Fixed(name) => (name, name),
            PartialName::Computed(expression, written) => {
                value = self.expression(expression)?;
                (value.as_str().unwrap_or(written), written)
            }
            PartialName::Text(block, written) => {
                text = self.text_of(offset, |renderer| renderer.block(block))?.1;
                (text.trim(), written)
            }
        };
        let template = match partial.place {
            PartialPlace::Templates => self.template_named(offset, name)?,
            PartialPlace::Beside => self.file_beside(offset, name)?,
        };
        let last = written.rsplit('/').next().unwrap_or(written);
        Ok((template, partial.alias.as_deref().unwrap_or(last)))
    }

    fn template_named(&self, offset: u32, name: &str) -> Result<&'m Template, Box<RenderError>> {
        let fault = match self.scene.partials.partial(name) {
            Lookup::Found(template) => return Ok(template),
            Lookup::Missing if name.is_empty() => {
                let message = "the template's name is empty".to_owned();
                Fault::Argument { name: "include".to_owned(), message }
            }
            Lookup::Wrong => Fault::WrongTemplate(name.to_owned()),
            Lookup::Missing => Fault::MissingTemplate(name.to_owned()),
        };
        Err(self.fault(offset, fault))
    }

    /// The file `path` of the page's folder, as a template. What is wrong in it is so at its place there.
    fn file_beside(&mut self, offset: u32, path: &str) -> Result<&'m Template, Box<RenderError>> {
        self.counted(offset, self.budget.work(FILE_WORK))?;
        let file = self.scene.host.file_beside(path).map_err(|message| {
            self.fault(offset, Fault::Argument { name: "include_relative".to_owned(), message })
        })?;
        self.counted(offset, self.budget.work_over(file.text.len(), MARKUP_WORK))?;
        let name = file.name.clone();
        self.scene.partials.keep(file).map_err(|fault| {
            let mut error = self.fault(offset, Fault::Syntax(fault.message));
            let tag =
                std::mem::replace(&mut error.place, Place { template: name, offset: fault.offset });
            error.included_from.insert(0, tag);
            error
        })
    }

    fn arguments_of(
        &mut self,
        partial: &'m Partial,
    ) -> Result<Vec<Variable<'m, 'v>>, Box<RenderError>> {
        let mut variables = Vec::with_capacity(partial.arguments.len());
        for (name, expression) in &partial.arguments {
            let value = self.expression(expression)?;
            variables.push(Variable::new(name, value));
        }
        Ok(variables)
    }

    /// Jekyll's `include`: an object of the arguments that were written with `=`.
    fn parameters_of(&mut self, partial: &'m Partial) -> Result<Value<'v>, Box<RenderError>> {
        let mut fields = Vec::with_capacity(partial.parameters.len());
        for (name, expression) in &partial.parameters {
            fields.push((Value::Str(name), self.expression(expression)?));
        }
        Ok(Value::Map(Arc::new(Map(fields))))
    }

    /// Renders a partial.
    fn enter(&mut self, offset: u32, template: &'m Template) -> Rendered {
        match self.includes.checked_sub(1) {
            Some(left) => self.includes = left,
            None => return Err(self.limit(offset, Limit::Includes)),
        }
        if self.included_from.len() >= INCLUDE_DEPTH {
            return Err(self.limit(offset, Limit::IncludeDepth));
        }
        self.included_from.push((self.template, offset));
        let outer = std::mem::replace(&mut self.template, template);
        let flow = self.shown_to_host(template)?;
        self.template = outer;
        self.included_from.pop();
        Ok(flow)
    }
}
