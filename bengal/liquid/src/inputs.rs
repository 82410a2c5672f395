//! What the value of an expression depends on: the paths in it.

use crate::ast::{
    Arguments, Callee, Condition, Expression, Filtered, Path, Root, Segment, Term, Test,
};

/// Calls `each` with every path in `filtered` but the one that it begins with and those that begin with
/// the variable of a filter's own expression.
pub(crate) fn inputs<'m>(filtered: &'m Filtered, each: &mut dyn FnMut(&'m Path)) {
    if let Expression::Path(path) = &filtered.value {
        of_path(path, each);
    }
    for call in &filtered.filters {
        of_arguments(&call.arguments, each);
        if let Callee::Each(each_item) = &call.callee {
            of_test(&each_item.test, &mut |path| {
                if !matches!(&path.root, Root::Name(name) if *name == each_item.variable) {
                    each(path);
                }
            });
        }
    }
}

/// Whether something is looked up in `path` by a name or index that must be computed first.
pub(crate) fn is_computed(path: &Path) -> bool {
    let is_computed = |segment: &Segment| matches!(segment, Segment::Computed(_));
    matches!(path.root, Root::Computed(_)) || path.rest.iter().any(is_computed)
}

fn of_arguments<'m>(arguments: &'m Arguments, each: &mut dyn FnMut(&'m Path)) {
    let named = arguments.named.iter().map(|(_, value)| value);
    arguments.positional.iter().chain(named).for_each(|value| of_expression(value, each));
}

fn of_test<'m>(test: &'m Test, each: &mut dyn FnMut(&'m Path)) {
    match test {
        Test::Condition(condition) => of_condition(condition, each),
        Test::Value(filtered) => {
            of_expression(&filtered.value, each);
            inputs(filtered, each);
        }
    }
}

fn of_condition<'m>(condition: &'m Condition, each: &mut dyn FnMut(&'m Path)) {
    for (term, _) in &condition.terms {
        match term {
            Term::Truthy(value) => of_expression(value, each),
            Term::Compare(left, _, right) => {
                of_expression(left, each);
                of_expression(right, each);
            }
        }
    }
}

fn of_expression<'m>(expression: &'m Expression, each: &mut dyn FnMut(&'m Path)) {
    match expression {
        Expression::Literal(_) => {}
        Expression::Path(path) => {
            each(path);
            of_path(path, each);
        }
        Expression::Range(ends) => {
            of_expression(&ends.0, each);
            of_expression(&ends.1, each);
        }
    }
}

/// The paths within the brackets of `path`.
fn of_path<'m>(path: &'m Path, each: &mut dyn FnMut(&'m Path)) {
    if let Root::Computed(expression) = &path.root {
        of_expression(expression, each);
    }
    for segment in &path.rest {
        if let Segment::Computed(expression) = segment {
            of_expression(expression, each);
        }
    }
}
