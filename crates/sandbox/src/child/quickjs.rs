//! JavaScript without Node: `QuickJS` in the confined process itself. The process can do nothing that a program in it should not.

use std::{
    convert::Infallible,
    io::{self, Read as _, Write as _},
    process,
    time::Instant,
};

use rquickjs::{
    CatchResultExt as _, Context, Ctx, Function, Object, Runtime, Value, context::EvalOptions,
};
use rustix::thread::{Timespec, nanosleep};

const BOOT: &str = include_str!("../boot/quickjs.js");
/// Bytes of the engine's stack.
const STACK_BYTES: usize = 1 << 20;
/// What says that a program can come.
const READY: &[u8] = b"\x06";

/// Waits for a program, runs it, and ends with it.
pub(super) fn run(memory: u64) -> Result<Infallible, String> {
    let problem = |error: rquickjs::Error| format!("QuickJS cannot be used: {error}");
    let runtime = Runtime::new().map_err(problem)?;
    runtime.set_memory_limit(usize::try_from(memory).unwrap_or(usize::MAX));
    runtime.set_max_stack_size(STACK_BYTES);
    runtime.set_host_promise_rejection_tracker(Some(Box::new({
        move |ctx: Ctx<'_>, promise: Value<'_>, reason: Value<'_>, handled: bool| {
            let reject: rquickjs::Result<Function> = ctx.globals().get(REJECT);
            // A program that took it away does without.
            drop(reject.and_then(|reject| reject.call::<_, ()>((promise, reason, handled))));
        }
    })));
    let context = Context::full(&runtime).map_err(problem)?;
    context.with(|ctx| {
        let engine = prepared(&ctx).map_err(problem)?;
        let ready = io::stdout()
            .write_all(READY)
            .and_then(|()| io::stdout().flush());
        ready.map_err(|error| error.to_string())?;
        let mut program = String::new();
        let read = io::stdin().read_to_string(&mut program);
        read.map_err(|error| format!("the program cannot be read: {error}"))?;
        follow(&ctx, &engine, program).map_err(problem)
    })
}

/// The engine with what programs find in it.
fn prepared<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let host = Object::new(ctx.clone())?;
    let began = Instant::now();
    host.set("write", Function::new(ctx.clone(), write)?)?;
    host.set("exit", Function::new(ctx.clone(), exit)?)?;
    host.set(
        "now",
        Function::new(ctx.clone(), move || began.elapsed().as_secs_f64() * 1000.0)?,
    )?;
    let boot: Function = ctx.eval(BOOT)?;
    boot.call((host,))
}

/// Runs a program, what it promised, and what it set timers for.
fn follow<'js>(
    ctx: &Ctx<'js>,
    engine: &Object<'js>,
    program: String,
) -> rquickjs::Result<Infallible> {
    let reject: Function = engine.get("reject")?;
    ctx.globals().set(REJECT, reject)?;
    let mut options = EvalOptions::default();
    options.strict = false;
    options.filename = Some("<anonymous_script>".to_owned());
    let run = ctx.eval_with_options::<Value, _>(program, options);
    if let Err(error) = run.catch(ctx) {
        let failed: Function = engine.get("failed")?;
        match error {
            rquickjs::CaughtError::Exception(error) => failed.call::<_, ()>((error,))?,
            rquickjs::CaughtError::Value(value) => failed.call::<_, ()>((value,))?,
            rquickjs::CaughtError::Error(error) => failed.call::<_, ()>((error.to_string(),))?,
        }
    }
    loop {
        while ctx.execute_pending_job() {}
        let turn: Function = engine.get("turn")?;
        let wait: f64 = turn.call((rquickjs::function::This(engine.clone()),))?;
        if wait < 0.0 {
            let end: Function = engine.get("end")?;
            end.call::<_, ()>(())?;
        }
        pause(wait);
    }
}

/// Where the tracker of promises finds the engine's function.
const REJECT: &str = "__gatewright_reject";

fn pause(milliseconds: f64) {
    if milliseconds > 0.0 {
        let whole = std::time::Duration::from_secs_f64(milliseconds.min(86_400_000.0) / 1000.0);
        if let Ok(time) = Timespec::try_from(whole) {
            // Awake too early is a turn more.
            let _ = nanosleep(&time);
        }
    }
}

fn write(stream: i32, text: String) {
    // Nobody reads it when the server has gone.
    drop(match stream {
        1 => io::stdout().write_all(text.as_bytes()),
        _ => io::stderr().write_all(text.as_bytes()),
    });
}

fn exit(status: i32) {
    let end = format!("\0end:{}\0", status & 255);
    drop(io::stdout().write_all(end.as_bytes()));
    drop(io::stdout().flush());
    drop(io::stderr().write_all(end.as_bytes()));
    process::exit(status & 255);
}
