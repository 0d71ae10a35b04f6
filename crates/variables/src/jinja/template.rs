//! A compiled template, and what rendering it may cost.

use std::{
    collections::BTreeMap,
    fmt, io,
    sync::{Arc, LazyLock},
};

use minijinja::{Environment, Error, ErrorKind as JinjaKind, UndefinedBehavior, Value};
use minijinja_contrib::{filters as contrib, globals};
use serde_json::Value as Json;

use super::{
    builders, convert, filters, guard, meter,
    meter::{METER, Meter},
    methods, print,
};
use crate::{ErrorKind, NodeError};

/// The longest template, in bytes.
pub const MAX_TEMPLATE_BYTES: usize = 1 << 20;
/// The most characters that a template may give: of the template-transform node, unless it says otherwise.
pub const MAX_OUTPUT_CHARS: usize = 400_000;

/// What rendering may cost.
#[derive(Clone, Copy, Debug)]
struct Budget {
    /// Each step costs one, and every 64 bytes that are made or visited.
    fuel: u64,
    /// How often lists and objects may be looked into.
    looks: u64,
}

const BUDGET: Budget = Budget {
    fuel: 1_000_000,
    looks: 2_000_000,
};
/// How deep macros may call each other.
const MAX_RECURSION: usize = 100;
/// The most characters of an error's text.
const MAX_MESSAGE: usize = 1_000;
/// What is said when fuel or meter are used up.
const TOO_MUCH: &str = "The template does more work than is allowed";
/// The name that errors show.
const NAME: &str = "template";

/// A compiled template.
pub struct JinjaTemplate {
    env: Environment<'static>,
    looks: u64,
}

static BASE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Lenient);
    env.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    env.set_recursion_limit(MAX_RECURSION);
    env.set_formatter(print::format);
    env.set_unknown_method_callback(methods::call);
    env.add_filter("tojson", filters::tojson);
    env.add_filter("truncate", filters::truncate);
    env.add_filter("string", convert::string);
    env.add_filter("pprint", convert::pprint);
    env.add_filter("int", convert::int);
    env.add_filter("float", convert::float);
    env.add_filter("wordcount", convert::wordcount);
    env.add_filter("e", convert::escape);
    env.add_filter("escape", convert::escape);
    env.add_filter("forceescape", convert::forceescape);
    env.add_filter("center", methods::center);
    env.add_filter("striptags", contrib::striptags);
    env.add_filter("filesizeformat", contrib::filesizeformat);
    env.add_test("sequence", convert::is_sequence);
    env.add_test("callable", convert::is_callable);
    env.add_filter(meter::OWN, meter::own);
    env.add_filter(meter::OWN_ASSIGNED, meter::own_assigned);
    env.add_filter(meter::CHARGE, meter::charge);
    env.add_filter("batch", builders::batch);
    env.add_filter("slice", builders::slice);
    builders::guard_map(&mut env);
    env.add_function("dict", builders::dict);
    env.add_function("cycler", builders::cycler);
    builders::guard_namespace(&mut env);
    // Neither is Jinja2's.
    env.remove_filter("zip");
    env.remove_filter("chain");
    env.add_function("joiner", globals::joiner);
    env.remove_global("debug");
    env
});

impl JinjaTemplate {
    /// Compiles a template. The error of a template that is none says where.
    pub fn compile(source: &str) -> Result<Self, NodeError> {
        Self::compile_within(source, BUDGET)
    }

    fn compile_within(source: &str, budget: Budget) -> Result<Self, NodeError> {
        if source.len() > MAX_TEMPLATE_BYTES {
            return Err(failed(format!(
                "The template is longer than {MAX_TEMPLATE_BYTES} bytes"
            )));
        }
        let guarded = guard::guard(source).map_err(failed)?;
        let mut env = BASE.clone();
        env.set_fuel(Some(budget.fuel));
        env.add_template_owned(NAME, guarded)
            .map_err(|error| explain(&error))?;
        Ok(Self {
            env,
            looks: budget.looks,
        })
    }

    /// Renders it with variables by their names, at most `limit` characters. A variable that does not exist is
    /// left out by the caller, and then renders as nothing; null renders as `None`, as in Jinja2.
    pub fn render<'a>(
        &self,
        variables: impl IntoIterator<Item = (&'a str, &'a Json)>,
        limit: usize,
    ) -> Result<String, NodeError> {
        let template = self
            .env
            .get_template(NAME)
            .map_err(|error| explain(&error))?;
        let mut out = Chars {
            text: Vec::new(),
            left: limit,
            is_full: false,
        };
        let meter = Meter::new(self.looks);
        let context = context(variables, &meter).map_err(|error| explain(&error))?;
        match template.render_captured_to(context, &mut out) {
            _ if meter.is_empty() => Err(failed(TOO_MUCH)),
            Ok(_) => Ok(String::from_utf8_lossy(&out.text).into_owned()),
            Err(_) if out.is_full => Err(failed(format!(
                "Output length exceeds the limit of {limit} characters"
            ))),
            Err(error) => Err(explain(&error)),
        }
    }
}

/// What the template sees: its variables, and the meter under a name of its own.
fn context<'a>(
    variables: impl IntoIterator<Item = (&'a str, &'a Json)>,
    meter: &Arc<Meter>,
) -> Result<Value, Error> {
    let mut context: BTreeMap<&str, Value> = BTreeMap::new();
    for (name, value) in variables {
        context.insert(name, meter::from_json(value, meter)?);
    }
    context.insert(METER, Value::from_dyn_object(Arc::clone(meter)));
    Ok(Value::from(context))
}

fn failed(message: impl Into<String>) -> NodeError {
    NodeError::new(ErrorKind::CodeExecution, message)
}

fn explain(error: &Error) -> NodeError {
    if error.kind() == JinjaKind::OutOfFuel {
        return failed(TOO_MUCH);
    }
    let mut message = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        message = format!("{message}: {cause}");
        source = cause.source();
    }
    failed(message.chars().take(MAX_MESSAGE).collect::<String>())
}

/// Takes a number of characters and then refuses.
struct Chars {
    text: Vec<u8>,
    left: usize,
    is_full: bool,
}

impl io::Write for Chars {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        // Bytes that begin a character.
        let chars = piece.iter().filter(|byte| **byte & 0xc0 != 0x80).count();
        if chars > self.left {
            self.is_full = true;
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.left -= chars;
        self.text.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Debug for JinjaTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JinjaTemplate(…)")
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
