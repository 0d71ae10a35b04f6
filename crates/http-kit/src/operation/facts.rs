//! What an operation needs beside its handler. It stands where the route is declared, so that no list of paths
//! elsewhere has to be kept true.

use std::time::Duration;

use actix_web::{HttpRequest, web::Data};

use super::passage::Passage;

/// A request is answered within this time, whatever its dependencies do.
const QUICK: Duration = Duration::from_millis(1900);
/// Hashing a password may have to wait for its turn; so may many transactions in a row.
const SLOW: Duration = Duration::from_secs(15);
/// A file arrives as fast as its sender's line lets it.
const UPLOAD: Duration = Duration::from_mins(5);
/// No body that is held in memory is larger, in bytes.
const MAX_BODY: usize = 64 * 1024;
/// Inputs and answers of runs may be long texts.
const MAX_TEXTS: usize = 10 << 20;

/// How long an identity provider may take, whatever it is asked for. Part of the application's data.
#[derive(Debug, Clone, Copy)]
pub struct ProviderTimeout(pub Duration);

/// How much of a body is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyLimit {
    /// So many bytes, held in memory.
    Bytes(usize),
    /// Read piece by piece by the handler, which bounds it by itself.
    Streamed,
}

/// What an operation needs beside its handler. Who may call it stands in the handler's signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Within which time the answer begins.
    pub deadline: Duration,
    /// Whether an identity provider is asked meanwhile, whose time is added to the deadline.
    pub asks_provider: bool,
    /// How much longer the answer may take once the body is in, where a caller may wait for work to be done.
    pub waits: Option<Duration>,
    /// How much of a body is taken.
    pub body: BodyLimit,
}

impl Facts {
    /// Most operations: 1.9 seconds, 64 KiB.
    pub const STANDARD: Self = Self {
        deadline: QUICK,
        asks_provider: false,
        waits: None,
        body: BodyLimit::Bytes(MAX_BODY),
    };
    /// Hashes a password, or has many transactions in a row: 15 seconds.
    pub const SLOW: Self = Self {
        deadline: SLOW,
        ..Self::STANDARD
    };
    /// Takes what a run is given, or is answered: 15 seconds, 10 MiB. The run is in storage when the answer begins.
    pub const LARGE: Self = Self {
        body: BodyLimit::Bytes(MAX_TEXTS),
        ..Self::SLOW
    };
    /// As [`Self::LARGE`], and the caller may wait for the end of a run: as long as a run may take, and a minute.
    pub const RUN: Self = Self {
        waits: Some(Duration::from_mins(21)),
        ..Self::LARGE
    };
    /// Asks a model, which has half a minute.
    pub const MODEL: Self = Self {
        waits: Some(Duration::from_secs(40)),
        ..Self::SLOW
    };
    /// Takes a file: 5 minutes, piece by piece.
    pub const UPLOAD: Self = Self {
        deadline: UPLOAD,
        body: BodyLimit::Streamed,
        ..Self::STANDARD
    };
    /// Has another server send a file, which may take its time; the body that asks for it is small.
    pub const FETCH: Self = Self {
        deadline: UPLOAD,
        ..Self::STANDARD
    };

    /// The same, and an identity provider is asked meanwhile.
    #[must_use]
    pub const fn asking_provider(self) -> Self {
        Self {
            asks_provider: true,
            ..self
        }
    }

    /// The time that this request may take.
    pub(super) fn time(&self, request: &HttpRequest) -> Duration {
        if !self.asks_provider {
            return self.deadline;
        }
        let provider = request.app_data::<Data<ProviderTimeout>>();
        self.deadline + provider.map_or(Duration::ZERO, |timeout| timeout.0)
    }

    /// The largest body that this request may have in memory, in bytes.
    pub fn max_body(request: &HttpRequest) -> usize {
        match Passage::of(request).and_then(|passage| passage.facts()) {
            Some(Self {
                body: BodyLimit::Bytes(bytes),
                ..
            }) => bytes,
            _ => MAX_BODY,
        }
    }
}
