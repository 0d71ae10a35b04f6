//! What is known of what goes on: spans carry the ids of the request, the run and the workspace, as soon as somebody knows them, and each
//! log line has those of the spans that it stands in. The span of a request is told to a collector too, when it ends.

use std::{fmt::Debug, sync::OnceLock};

use gatewright_domain::{Clock, IdGen, RandomIds, SystemClock};
use gatewright_observe::trace::{Kind, Span as Told, SpanContext, SpanId, TraceId, Tracer};
use tracing::{
    Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};
use uuid::Uuid;

/// The target of the span of a request.
const REQUEST: &str = "gatewright::request";

/// What one span says.
#[derive(Debug, Default, Clone)]
pub(super) struct Known {
    /// The id of the request.
    pub(super) request_id: Option<String>,
    /// The id of the run.
    pub(super) run_id: Option<String>,
    /// The id of the workspace.
    pub(super) tenant_id: Option<String>,
    method: Option<String>,
    route: Option<String>,
    status: Option<u64>,
    traceparent: Option<String>,
    is_trusted: bool,
    /// In microseconds since 1970.
    began: u64,
}

impl Known {
    /// The ids of both: what this one knows counts.
    pub(super) fn or(self, outer: &Self) -> Self {
        Self {
            request_id: self.request_id.or_else(|| outer.request_id.clone()),
            run_id: self.run_id.or_else(|| outer.run_id.clone()),
            tenant_id: self.tenant_id.or_else(|| outer.tenant_id.clone()),
            ..self
        }
    }

    /// The ids that are known, by the names that they have in log lines.
    pub(super) fn ids(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let ids = [
            ("request_id", &self.request_id),
            ("run_id", &self.run_id),
            ("tenant_id", &self.tenant_id),
        ];
        ids.into_iter()
            .filter_map(|(name, id)| Some((name, id.as_deref()?)))
    }

    /// The request as a span, if its trace is kept.
    fn told(self, tracer: &Tracer) -> Option<Told> {
        let caller = self.traceparent.as_deref().and_then(SpanContext::read);
        let trace = caller.map_or_else(|| TraceId::of(RandomIds.new_uuid()), |caller| caller.trace);
        let is_kept = match caller {
            Some(caller) => tracer.sampler().keeps_of(caller, self.is_trusted),
            None => tracer.sampler().keeps(trace),
        };
        if !is_kept {
            return None;
        }
        let (method, route) = (self.method.unwrap_or_default(), self.route);
        let name = match &route {
            Some(route) => format!("{method} {route}"),
            None => method.clone(),
        };
        let mut attributes = vec![("http.request.method", method.into())];
        attributes.extend(route.map(|route| ("http.route", route.into())));
        let status = self
            .status
            .map(|status| ("http.response.status_code", status.into()));
        attributes.extend(status);
        let run = self
            .run_id
            .as_deref()
            .and_then(|run| run.parse::<Uuid>().ok());
        for (name, id) in [
            ("gatewright.request.id", self.request_id),
            ("gatewright.run.id", self.run_id),
            ("gatewright.tenant.id", self.tenant_id),
        ] {
            attributes.extend(id.map(|id| (name, id.into())));
        }
        Some(Told {
            trace,
            id: SpanId::of(RandomIds.new_uuid()),
            parent: caller.map(|caller| caller.span),
            name: name.into(),
            kind: Kind::Server,
            began: self.began,
            ended: now(),
            attributes,
            link: run.map(|run| (TraceId::of(run), SpanId::of(run))),
            is_error: self.status.is_none_or(|status| status >= 500),
        })
    }
}

fn now() -> u64 {
    u64::try_from(SystemClock.now().timestamp_micros()).unwrap_or_default()
}

impl Visit for Known {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let place = match field.name() {
            "request_id" => &mut self.request_id,
            "run_id" => &mut self.run_id,
            "tenant_id" => &mut self.tenant_id,
            "method" => &mut self.method,
            "route" => &mut self.route,
            "traceparent" => &mut self.traceparent,
            _ => return,
        };
        *place = Some(format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "status" {
            self.status = Some(value);
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        if field.name() == "is_trusted" {
            self.is_trusted = value;
        }
    }
}

/// Keeps what spans say. A tracer may come later: logging begins before settings of it are read.
pub(super) struct Knowing(pub(super) &'static OnceLock<Tracer>);

impl<S> Layer<S> for Knowing
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut known = Known {
                began: now(),
                ..Known::default()
            };
            attributes.record(&mut known);
            span.extensions_mut().insert(known);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else {
            return;
        };
        let mut extensions = span.extensions_mut();
        if let Some(known) = extensions.get_mut::<Known>() {
            values.record(known);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(tracer) = self.0.get() else {
            return;
        };
        let span = context.span(&id);
        let Some(span) = span.filter(|span| span.metadata().target() == REQUEST) else {
            return;
        };
        let known = span.extensions_mut().remove::<Known>();
        if let Some(told) = known.and_then(|known| known.told(tracer)) {
            tracer.export(told);
        }
    }
}
