//! How a line of the log is written: as text for people, or as an object for machines, both with the ids of what it belongs to.

use std::fmt;

use serde_json::{Map, Value};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    field::RecordFields,
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::{DefaultFields, Writer},
        time::{FormatTime as _, SystemTime},
    },
    registry::LookupSpan,
};

use super::known::Known;

/// The two formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lines {
    /// Text for people.
    Text,
    /// For machines: an object for each line.
    Json,
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut known = Known::default();
        for span in context.event_scope().into_iter().flatten() {
            if let Some(outer) = span.extensions().get::<Known>() {
                known = known.or(outer);
            }
        }
        let mut said = Said::default();
        event.record(&mut said);
        match self {
            Self::Json => json(&mut writer, event, said, &known),
            Self::Text => {
                SystemTime.format_time(&mut writer)?;
                let target = said.target(event);
                write!(writer, " {:>5} {target}: ", event.metadata().level())?;
                let mut fields = String::new();
                DefaultFields::new().format_fields(Writer::new(&mut fields), event)?;
                // What a server of somebody else said stands in messages too: it makes no line of its own.
                let fields = fields.replace('\r', "\\r").replace('\n', "\\n");
                write!(writer, "{fields}")?;
                for (name, id) in known
                    .ids()
                    .filter(|(name, _)| !said.fields.contains_key(*name))
                {
                    write!(writer, " {name}={id:?}")?;
                }
                writeln!(writer)
            }
        }
    }
}

fn json(writer: &mut Writer<'_>, event: &Event<'_>, said: Said, known: &Known) -> fmt::Result {
    let mut time = String::new();
    SystemTime.format_time(&mut Writer::new(&mut time))?;
    let target = said.target(event).to_owned();
    let mut line = Map::new();
    line.insert("timestamp".into(), time.into());
    line.insert("level".into(), event.metadata().level().as_str().into());
    line.extend(said.fields);
    line.insert("target".into(), target.into());
    for (name, id) in known.ids() {
        // A line that says an id itself knows better.
        line.entry(name).or_insert_with(|| id.into());
    }
    writeln!(writer, "{}", Value::Object(line))
}

/// Fields of spans as text, which no line has: writing them would cost more than all the rest.
pub(super) struct NoText;

impl<'writer> FormatFields<'writer> for NoText {
    fn format_fields<R: RecordFields>(&self, _: Writer<'writer>, _: R) -> fmt::Result {
        Ok(())
    }
}

/// The fields of a line.
#[derive(Default)]
struct Said {
    fields: Map<String, Value>,
    /// Of a line that came by the crate `log`.
    target: Option<String>,
}

impl Said {
    fn target<'a>(&'a self, event: &Event<'_>) -> &'a str {
        self.target.as_deref().unwrap_or(event.metadata().target())
    }

    fn say(&mut self, field: &Field, value: impl Into<Value>) {
        match field.name().strip_prefix("log.") {
            None => {
                self.fields.insert(field.name().into(), value.into());
            }
            Some("target") => {
                let value: Value = value.into();
                self.target = value.as_str().map(str::to_owned);
            }
            Some(_) => {}
        }
    }
}

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.say(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.say(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.say(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.say(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.say(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.say(field, value);
    }
}
