//! Logs, and the spans of requests. Two vocabularies of levels are understood, ours and Python's, which Dify's settings use. What
//! drivers say of commands, parameters and rows is not logged at any level: hashes and keys are among it.

mod known;
mod lines;

use std::sync::OnceLock;

use tracing::Subscriber;
use tracing_subscriber::{
    EnvFilter,
    filter::filter_fn,
    fmt::{self, MakeWriter},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use gatewright_observe::trace::Tracer;

use self::{
    known::Knowing,
    lines::{Lines, NoText},
};
use crate::settings::LogSettings;

/// Takes the spans of requests; set when tracing begins, after logging did.
static TRACER: OnceLock<Tracer> = OnceLock::new();

/// Crates that log what goes over a connection. No filter switches them on.
const DRIVERS: [&str; 7] = [
    "tokio_postgres",
    "postgres_protocol",
    "diesel",
    "redis",
    "lettre",
    "hyper",
    "h2",
];
/// What a level finer than INFO is for: our crates and binaries. The rest of the world stays at INFO.
const OURS: [&str; 3] = ["gatewright", "api_server", "worker"];
const LEVELS: &str = "DEBUG, INFO, WARNING, ERROR, CRITICAL or TRACE";

/// Starts logging to standard output. A second call changes nothing.
pub fn init(settings: &LogSettings) {
    if subscriber(settings, std::io::stdout).try_init().is_err() {
        tracing::debug!(event = "log.started_before", "logging was started before");
    }
    tracing::debug!(event = "log.started", level = settings.level, "logging");
}

/// From now on requests are told as spans. A second tracer changes nothing.
pub(crate) fn trace_requests(tracer: Tracer) {
    let _first = TRACER.set(tracer).is_ok();
}

fn subscriber<W>(settings: &LogSettings, writer: W) -> impl Subscriber + Send + Sync + use<W>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    // A log that nobody reads any more is no reason to complain, and never one to panic.
    let format = match settings.format.as_str() {
        "json" => Lines::Json,
        _ => Lines::Text,
    };
    let lines = fmt::layer()
        .with_writer(writer)
        .with_ansi(false)
        .log_internal_errors(false)
        .fmt_fields(NoText)
        .event_format(format);
    tracing_subscriber::registry()
        .with(Knowing(&TRACER))
        .with(lines)
        // Checked when the settings were read.
        .with(filter(&settings.level).unwrap_or_else(|_| EnvFilter::new("info")))
        .with(filter_fn(|metadata| !is_of_a_driver(metadata.target())))
}

fn is_of_a_driver(target: &str) -> bool {
    let krate = target.split("::").next().unwrap_or_default();
    DRIVERS.iter().any(|driver| krate.starts_with(driver))
}

/// The filter of `LOG_LEVEL`.
///
/// # Errors
/// What is no level. A word that is none would be taken for the name of a crate, and nothing logged.
pub(crate) fn filter(text: &str) -> Result<EnvFilter, String> {
    let directives = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    let directives: Vec<String> = directives.map(directive).collect::<Result<_, _>>()?;
    EnvFilter::try_new(directives.join(","))
        .map_err(|_| format!("`{text}` is not a level ({LEVELS}) or a filter"))
}

fn directive(text: &str) -> Result<String, String> {
    let (target, word) = match text.rsplit_once('=') {
        Some((target, word)) => (Some(target), word),
        None => (None, text),
    };
    let level = match word.trim().to_ascii_lowercase().as_str() {
        "warning" => "warn",
        "critical" | "fatal" => "error",
        known @ ("trace" | "debug" | "info" | "warn" | "error" | "off") => {
            return Ok(spelt_out(target, known));
        }
        _ => return Err(format!("`{word}` is not a level ({LEVELS})")),
    };
    Ok(spelt_out(target, level))
}

fn spelt_out(target: Option<&str>, level: &str) -> String {
    match (target, level) {
        (Some(target), _) => format!("{}={level}", target.trim()),
        (None, "trace" | "debug") => {
            let ours = OURS.map(|krate| format!("{krate}={level}"));
            format!("info,{}", ours.join(","))
        }
        (None, _) => level.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Paper {
        fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(text);
            Ok(text.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn written(level: &str, format: &str, work: impl FnOnce()) -> String {
        let paper = Paper::default();
        let copy = paper.clone();
        let settings = LogSettings {
            level: level.into(),
            format: format.into(),
        };
        tracing::subscriber::with_default(subscriber(&settings, move || copy.clone()), work);
        String::from_utf8(paper.0.lock().unwrap().clone()).unwrap()
    }

    fn logged(level: &str) -> String {
        written(level, "text", || {
            tracing::error!(target: "gatewright_kv", "ours-error");
            tracing::warn!(target: "gatewright_kv", "ours-warn");
            tracing::info!(target: "gatewright_kv", "ours-info");
            tracing::debug!(target: "gatewright_kv", "ours-debug");
            tracing::trace!(target: "gatewright_kv", "ours-trace");
            tracing::info!(target: "actix_server", "theirs-info");
            tracing::debug!(target: "actix_server", "theirs-debug");
            tracing::error!(target: "tokio_postgres::query", "driver");
            tracing::trace!(target: "diesel_async", "driver");
        })
    }

    fn with_ids() {
        let span = tracing::error_span!(
            "request",
            request_id = "r-1",
            run_id = tracing::field::Empty
        );
        let _in = span.enter();
        tracing::warn!(event = "a.first", number = 3_u64, "first");
        span.record("run_id", "u-2");
        let inner = tracing::error_span!("run", tenant_id = %"t-3");
        inner.in_scope(|| {
            tracing::warn!(
                event = "a.second",
                run_id = "own",
                part = 0.5,
                "second \"\n"
            );
        });
    }

    #[test]
    fn lines_of_machines_have_the_ids_of_what_they_belong_to_at_every_level() {
        let lines: Vec<serde_json::Value> = written("WARNING", "json", with_ids)
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 2);
        for (name, expected) in [
            ("level", "WARN"),
            ("event", "a.first"),
            ("message", "first"),
            ("request_id", "r-1"),
        ] {
            assert_eq!(lines[0][name], expected, "{}", lines[0]);
        }
        assert_eq!(
            (&lines[0]["number"], &lines[0]["run_id"]),
            (&3.into(), &serde_json::Value::Null)
        );
        for (name, expected) in [
            ("message", "second \"\n"),
            ("request_id", "r-1"),
            ("run_id", "own"),
            ("tenant_id", "t-3"),
        ] {
            assert_eq!(lines[1][name], expected, "{}", lines[1]);
        }
        assert_eq!(lines[1]["part"], 0.5);
    }

    #[test]
    fn lines_of_people_have_each_id_once_behind_their_fields() {
        let text = written("WARNING", "text", with_ids);
        let lines: Vec<&str> = text.lines().collect();
        let ends = " first event=\"a.first\" number=3 request_id=\"r-1\"";
        assert!(
            lines[0].contains("  WARN ") && lines[0].ends_with(ends),
            "{text}"
        );
        assert_eq!(lines[1].matches("run_id=").count(), 1, "{text}");
        assert!(
            lines[1].ends_with(" request_id=\"r-1\" tenant_id=\"t-3\""),
            "{text}"
        );
    }

    #[test]
    fn g2_log_level_of_dify_and_of_rust_is_understood() {
        for (level, there, not_there) in [
            (
                "WARNING",
                vec!["ours-warn", "ours-error"],
                vec!["ours-info"],
            ),
            ("WARN", vec!["ours-warn"], vec!["ours-info"]),
            ("CRITICAL", vec!["ours-error"], vec!["ours-warn"]),
            ("FATAL", vec!["ours-error"], vec!["ours-warn"]),
            ("INFO", vec!["ours-info", "theirs-info"], vec!["ours-debug"]),
            (
                "debug",
                vec!["ours-debug", "theirs-info"],
                vec!["theirs-debug", "ours-trace"],
            ),
            ("TRACE", vec!["ours-trace"], vec!["theirs-debug"]),
            (
                "WARNING,gatewright_kv=DEBUG",
                vec!["ours-debug"],
                vec!["theirs-info"],
            ),
            (
                "info,actix_server=debug",
                vec!["theirs-debug"],
                vec!["ours-debug"],
            ),
        ] {
            let log = logged(level);
            assert!(
                there.iter().all(|text| log.contains(text)),
                "{level}: {log}"
            );
            assert!(
                !not_there.iter().any(|text| log.contains(text)),
                "{level}: {log}"
            );
        }
    }

    #[test]
    fn g2_log_of_drivers_is_off_at_every_level_and_filter() {
        for level in [
            "TRACE",
            "trace,tokio_postgres=trace,diesel_async=trace",
            "tokio_postgres::query=trace",
        ] {
            assert!(!logged(level).contains("driver"), "{level}");
        }
    }

    #[test]
    fn g2_log_level_that_is_unknown_is_refused() {
        for word in [
            "LOUD",
            "gatewright_kv",
            "info,verbose",
            "gatewright_kv=loud",
        ] {
            assert!(filter(word).is_err(), "{word}");
        }
    }
}
