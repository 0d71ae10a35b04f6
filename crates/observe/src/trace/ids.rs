//! Ids of traces and spans (W3C Trace Context).

use uuid::Uuid;

/// Sixteen bytes that name a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId([u8; 16]);

/// Eight bytes that name a span in its trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanId([u8; 8]);

/// Which span of which trace, as a header carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanContext {
    /// Which trace it is.
    pub trace: TraceId,
    /// Which span of it.
    pub span: SpanId,
    /// Whether its owner keeps the trace.
    pub is_sampled: bool,
}

impl TraceId {
    /// The trace that a random id names, such as that of a run.
    pub fn of(id: Uuid) -> Self {
        Self(id.into_bytes())
    }

    /// The bytes, in the order of the network.
    pub fn bytes(self) -> [u8; 16] {
        self.0
    }

    /// The half that is random in every kind of id: samplers decide by it.
    pub(super) fn low(self) -> u64 {
        Uuid::from_bytes(self.0).as_u64_pair().1
    }
}

impl SpanId {
    /// The span that a random id names: by the half of it that is random in every kind of id.
    pub fn of(id: Uuid) -> Self {
        Self(id.as_u64_pair().1.to_be_bytes())
    }

    /// The bytes, in the order of the network.
    pub fn bytes(self) -> [u8; 8] {
        self.0
    }
}

impl SpanContext {
    /// Reads a header `traceparent`: of version 00 exactly, of later ones what they must have in common.
    pub fn read(header: &str) -> Option<Self> {
        let mut parts = header.split('-');
        let (version, trace) = (hex::<1>(parts.next()?)?, hex::<16>(parts.next()?)?);
        let (span, [flags]) = (hex::<8>(parts.next()?)?, hex::<1>(parts.next()?)?);
        let is_known = match version {
            [0] => parts.next().is_none(),
            [0xff] => false,
            _ => true,
        };
        let is_named = trace != [0; 16] && span != [0; 8];
        (is_known && is_named).then_some(Self {
            trace: TraceId(trace),
            span: SpanId(span),
            is_sampled: flags & 1 == 1,
        })
    }
}

/// Lower-case digits of exactly so many bytes.
fn hex<const BYTES: usize>(text: &str) -> Option<[u8; BYTES]> {
    let mut bytes = [0; BYTES];
    if text.len() != 2 * BYTES {
        return None;
    }
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = (digit(pair[0])? << 4) | digit(pair[1])?;
    }
    Some(bytes)
}

impl std::fmt::Display for TraceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::Display for SpanId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const SPAN: &str = "b7ad6b7169203331";

    #[test]
    fn traceparent_is_read_as_the_standard_says() {
        let read = SpanContext::read(&format!("00-{TRACE}-{SPAN}-01")).expect("a context");
        assert_eq!(
            (read.trace.to_string(), read.span.to_string()),
            (TRACE.into(), SPAN.into())
        );
        assert!(read.is_sampled);
        let read = SpanContext::read(&format!("00-{TRACE}-{SPAN}-02")).expect("a context");
        assert!(!read.is_sampled);
        assert!(SpanContext::read(&format!("01-{TRACE}-{SPAN}-01-more")).is_some());
    }

    #[test]
    fn traceparent_that_is_malformed_is_none() {
        let upper = TRACE.to_uppercase();
        let nought = "0".repeat(32);
        for header in [
            String::new(),
            format!("ff-{TRACE}-{SPAN}-01"),
            format!("00-{TRACE}-{SPAN}"),
            format!("00-{TRACE}-{SPAN}-01-more"),
            format!("00-{upper}-{SPAN}-01"),
            format!("00-{nought}-{SPAN}-01"),
            format!("00-{TRACE}-0000000000000000-01"),
            format!("00-{TRACE}é-{SPAN}-01"),
            format!("00-{TRACE}-{SPAN}-1"),
            format!(" 00-{TRACE}-{SPAN}-01"),
        ] {
            assert_eq!(SpanContext::read(&header), None, "{header}");
        }
    }

    #[test]
    fn ids_of_a_run_are_its_own_digits() {
        let id: Uuid = "01890a5d-ac96-774b-bcce-b302099a8057"
            .parse()
            .expect("an id");
        assert_eq!(TraceId::of(id).to_string(), id.simple().to_string());
        assert_eq!(SpanId::of(id).to_string(), "bcceb302099a8057");
        assert_eq!(TraceId::of(id).low(), 0xbcce_b302_099a_8057);
    }
}
