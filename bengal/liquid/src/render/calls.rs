//! Filters at work.

use super::{Evaluated, Renderer, Variable};
use crate::ast::{Arguments, Call, Callee, Each, EachItem, Test};
use crate::error::RenderError;
use crate::filter;
use crate::filters::Groups;
use crate::limits::list_items;
use crate::value::{Items, Value};

impl<'m: 'v, 'v> Renderer<'m, 'v> {
    /// What the filter of `call` makes of `input`.
    pub(super) fn call(&mut self, call: &'m Call, input: Value<'v>) -> Evaluated<'v> {
        let offset = call.offset;
        self.work(offset, &input)?;
        let made = match &call.callee {
            Callee::Each(each) => return self.each(call, each, input),
            Callee::Builtin(run) => {
                let run = *run;
                self.with_arguments(offset, &call.arguments, |given, around| {
                    run(input, given, around)
                })?
            }
            Callee::Host(filter) => {
                self.counted(offset, self.budget.work(filter.work()))?;
                self.with_arguments(offset, &call.arguments, |given, around| {
                    filter.run(input, given, around)
                })?
            }
        };
        let value = made.map_err(|error| self.failed(offset, &call.name, error))?;
        self.count_made(offset, &value)?;
        Ok(value)
    }

    /// Calls `run` with the values of `arguments`, for what stands at `offset`.
    pub(super) fn with_arguments<T>(
        &mut self,
        offset: u32,
        arguments: &'m Arguments,
        run: impl FnOnce(&filter::Arguments<'_, 'v>, &filter::Surroundings<'_>) -> T,
    ) -> Result<T, Box<RenderError>> {
        if arguments.positional.is_empty() && arguments.named.is_empty() {
            let given = filter::Arguments { positional: &[], named: &[] };
            return Ok(run(&given, &self.surroundings()));
        }
        let mut positional = std::mem::take(&mut self.arguments);
        positional.clear();
        for argument in &arguments.positional {
            let value = self.expression(argument)?;
            if let Value::Str(_) | Value::Text(_) = value {
                self.work(offset, &value)?;
            }
            positional.push(value);
        }
        let mut named = Vec::new();
        for (name, argument) in &arguments.named {
            named.push((&**name, self.expression(argument)?));
        }
        let given = filter::Arguments { positional: &positional, named: &named };
        let done = run(&given, &self.surroundings());
        self.arguments = positional;
        Ok(done)
    }

    /// `where_exp`, `find_exp` and `group_by_exp`.
    fn each(&mut self, call: &'m Call, each: &'m EachItem, input: Value<'v>) -> Evaluated<'v> {
        let items = match &input {
            Value::Object(_) | Value::Map(_) => {
                let values = input.fields().into_iter().map(|(_, value)| value);
                Value::list(values.collect()).for_items()
            }
            input if input.is_list() => input.for_items(),
            _ => return Ok(input),
        };
        let value = match each.kind {
            Each::Find => self.find_item(call.offset, each, items)?,
            Each::Where => self.items_where(call.offset, each, items)?,
            Each::Group => self.grouped(call, each, items)?,
        };
        self.count_made(call.offset, &value)?;
        Ok(value)
    }

    fn find_item(&mut self, offset: u32, each: &'m EachItem, items: Items<'v>) -> Evaluated<'v> {
        for item in items {
            if self.test(offset, each, &item)?.is_truthy() {
                return Ok(item);
            }
        }
        Ok(Value::Nil)
    }

    fn items_where(&mut self, offset: u32, each: &'m EachItem, items: Items<'v>) -> Evaluated<'v> {
        let mut kept = Vec::new();
        for item in items {
            if self.test(offset, each, &item)?.is_truthy() {
                self.counted(offset, list_items(kept.len() + 1))?;
                kept.push(item);
            }
        }
        Ok(Value::list(kept))
    }

    fn grouped(&mut self, call: &'m Call, each: &'m EachItem, items: Items<'v>) -> Evaluated<'v> {
        let mut groups = Groups::default();
        for item in items {
            let name = self.test(call.offset, each, &item)?;
            let added = groups.add(name, item, &self.surroundings());
            self.counted(call.offset, added)?;
        }
        let grouped = groups.list(&self.surroundings());
        grouped.map_err(|error| self.failed(call.offset, &call.name, error))
    }

    /// What the expression of `each` says of `item`.
    fn test(&mut self, offset: u32, each: &'m EachItem, item: &Value<'v>) -> Evaluated<'v> {
        self.counted(offset, self.budget.work(each.work))?;
        self.locals.push(Variable::new(&each.variable, item.clone()));
        let tested = match &each.test {
            Test::Condition(condition) => self.holds(offset, condition).map(Value::Bool),
            Test::Value(filtered) => self.evaluate(filtered),
        };
        self.locals.pop();
        tested
    }
}
