//! A collector of traces: it takes what is sent by OTLP over HTTP, and reads it by the numbers of `opentelemetry-proto`'s `trace.proto`,
//! not by the types that wrote it.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use gatewright_test_support::scripted_server::{Asked, ScriptedServer, answer};

/// The collector, and what it was sent.
pub struct Collector {
    server: ScriptedServer,
    refuses: Arc<AtomicBool>,
}

/// One span as it came.
#[derive(Debug, Clone, Default)]
pub struct Span {
    pub trace: String,
    pub id: String,
    pub parent: String,
    pub name: String,
    pub kind: u64,
    pub began: u64,
    pub ended: u64,
    pub status: u64,
    /// Trace and span.
    pub links: Vec<(String, String)>,
    pub attributes: BTreeMap<String, String>,
    /// Of the process.
    pub resource: BTreeMap<String, String>,
}

impl Collector {
    pub async fn start() -> Self {
        let refuses = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&refuses);
        let server = ScriptedServer::start(move |_| {
            let status = if told.load(Ordering::SeqCst) {
                "503 Service Unavailable"
            } else {
                "200 OK"
            };
            answer(status, "", "")
        });
        Self {
            server: server.await.unwrap(),
            refuses,
        }
    }

    /// The value of `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub fn endpoint(&self) -> String {
        self.server.url("")
    }

    /// Answers 503, or takes spans again.
    pub fn refuse(&self, refuses: bool) {
        self.refuses.store(refuses, Ordering::SeqCst);
    }

    /// The requests that came.
    pub fn asked(&self) -> Vec<Asked> {
        self.server.asked()
    }

    /// Every span that came.
    pub fn spans(&self) -> Vec<Span> {
        let asked = self.server.asked();
        asked.iter().flat_map(|one| spans(&one.body)).collect()
    }

    /// The spans of a trace.
    pub fn of_trace(&self, trace: &str) -> Vec<Span> {
        let mut spans = self.spans();
        spans.retain(|span| span.trace == trace);
        spans
    }
}

/// A field of a message: its number and what it holds.
enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first().expect("a whole message");
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            break;
        }
    }
    value
}

fn fields(mut bytes: &[u8]) -> Vec<(u64, Field<'_>)> {
    let mut fields = vec![];
    while !bytes.is_empty() {
        let tag = varint(&mut bytes);
        let field = match tag & 7 {
            0 => Field::Number(varint(&mut bytes)),
            1 => {
                let (number, rest) = bytes.split_at(8);
                bytes = rest;
                Field::Number(u64::from_le_bytes(number.try_into().unwrap()))
            }
            2 => {
                let length = usize::try_from(varint(&mut bytes)).unwrap();
                let (own, rest) = bytes.split_at(length);
                bytes = rest;
                Field::Bytes(own)
            }
            other => panic!("wire type {other}"),
        };
        fields.push((tag >> 3, field));
    }
    fields
}

/// Messages in a repeated field.
fn messages(bytes: &[u8], number: u64) -> Vec<&[u8]> {
    let of_it = |(at, field)| match field {
        Field::Bytes(own) if at == number => Some(own),
        _ => None,
    };
    fields(bytes).into_iter().filter_map(of_it).collect()
}

fn hex(bytes: &[u8]) -> String {
    let digits =
        |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap());
    bytes.iter().flat_map(digits).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// `AnyValue`.
fn value(bytes: &[u8]) -> String {
    match fields(bytes).pop() {
        Some((1, Field::Bytes(own))) => text(own),
        Some((2 | 3, Field::Number(number))) => number.to_string(),
        Some((4, Field::Number(number))) => f64::from_bits(number).to_string(),
        Some((5, Field::Bytes(own))) => {
            let values: Vec<String> = messages(own, 1).into_iter().map(value).collect();
            values.join(",")
        }
        _ => panic!("an attribute without a value"),
    }
}

/// `KeyValue`s in a field.
fn attributes(bytes: &[u8], number: u64) -> BTreeMap<String, String> {
    let pair = |own: &[u8]| (text(messages(own, 1)[0]), value(messages(own, 2)[0]));
    messages(bytes, number).into_iter().map(pair).collect()
}

fn spans(request: &[u8]) -> Vec<Span> {
    let mut all = vec![];
    for of_process in messages(request, 1) {
        let resource = attributes(messages(of_process, 1)[0], 1);
        for scope in messages(of_process, 2) {
            all.extend(messages(scope, 2).into_iter().map(|own| Span {
                resource: resource.clone(),
                ..span(own)
            }));
        }
    }
    all
}

fn span(bytes: &[u8]) -> Span {
    let mut span = Span {
        attributes: attributes(bytes, 9),
        ..Span::default()
    };
    for (number, field) in fields(bytes) {
        match (number, field) {
            (1, Field::Bytes(own)) => span.trace = hex(own),
            (2, Field::Bytes(own)) => span.id = hex(own),
            (4, Field::Bytes(own)) => span.parent = hex(own),
            (5, Field::Bytes(own)) => span.name = text(own),
            (6, Field::Number(kind)) => span.kind = kind,
            (7, Field::Number(at)) => span.began = at,
            (8, Field::Number(at)) => span.ended = at,
            (13, Field::Bytes(own)) => {
                let link = (hex(messages(own, 1)[0]), hex(messages(own, 2)[0]));
                span.links.push(link);
            }
            (15, Field::Bytes(own)) => {
                if let Some((3, Field::Number(code))) = fields(own).pop() {
                    span.status = code;
                }
            }
            _ => {}
        }
    }
    span
}
