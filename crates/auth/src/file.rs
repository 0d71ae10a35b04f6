//! The signed addresses of files (apps.md §3.12): whoever has one may fetch that one file for some
//! minutes. Ours are signed with a key of their own; those that Dify signed with `SECRET_KEY` itself
//! are accepted until they expire, so that an installation can be switched over while it is in use.

use base64::{Engine as _, engine::general_purpose::URL_SAFE};
use chrono::{DateTime, TimeDelta, Utc};
use gatewright_crypto::{
    keys::{KeyRing, MasterKeys, Purpose},
    random::{NoRandomness, Random},
};
use gatewright_domain::ids::{FileId, ToolFileId};

/// How far the clock that signed may be ahead of ours.
const LEEWAY: TimeDelta = TimeDelta::seconds(30);
/// Bytes of a nonce; twice as many hex characters.
const NONCE_BYTES: usize = 16;

/// As what a file is fetched. The signature of one is worth nothing for the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileView {
    /// To be saved.
    File,
    /// To be shown: pictures only.
    Image,
}

impl FileView {
    /// The last segment of the path, and the first word of what is signed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::File => "file-preview",
            Self::Image => "image-preview",
        }
    }
}

/// The query of a signed address, as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSignature {
    /// When it was signed, in Unix seconds.
    pub timestamp: i64,
    /// 32 hex characters.
    pub nonce: String,
    /// base64url with padding.
    pub sign: String,
}

/// The keys of addresses of files.
#[derive(Debug, Clone)]
pub struct FileUrlKeys {
    own: KeyRing,
    dify: KeyRing,
}

impl FileUrlKeys {
    /// Derives the keys of file URLs from the installation's keys.
    pub fn new(master: &MasterKeys) -> Self {
        Self {
            own: master.ring(Purpose::FileUrl),
            dify: master.shared_ring(),
        }
    }

    /// The path and query of a file, good for as long as [`Self::verify`] is told.
    ///
    /// # Errors
    /// [`NoRandomness`].
    pub fn address(
        &self,
        view: FileView,
        id: FileId,
        now: DateTime<Utc>,
        random: &dyn Random,
    ) -> Result<String, NoRandomness> {
        let view = view.as_str();
        let query = self.query(view, &id.to_string(), now, random)?;
        Ok(format!("/files/{id}/{view}?{query}"))
    }

    /// The same for a file that a run made; `extension` has no dot, and may be empty.
    ///
    /// # Errors
    /// [`NoRandomness`].
    pub fn tool_address(
        &self,
        id: ToolFileId,
        extension: &str,
        now: DateTime<Utc>,
        random: &dyn Random,
    ) -> Result<String, NoRandomness> {
        let query = self.query(FileView::File.as_str(), &id.to_string(), now, random)?;
        let extension = if extension.is_empty() {
            "bin"
        } else {
            extension
        };
        Ok(format!("/files/tools/{id}.{extension}?{query}"))
    }

    /// Whether a file may be fetched so: signed by us or by Dify, at most `lifetime` ago.
    pub fn verify(
        &self,
        view: FileView,
        id: FileId,
        signature: &FileSignature,
        now: DateTime<Utc>,
        lifetime: TimeDelta,
    ) -> bool {
        let message = message(view.as_str(), &id.to_string(), signature);
        is_current(signature, now, lifetime) && self.is_signed(&message, signature)
    }

    /// The same for a file that a run made.
    pub fn verify_tool(
        &self,
        id: ToolFileId,
        signature: &FileSignature,
        now: DateTime<Utc>,
        lifetime: TimeDelta,
    ) -> bool {
        let message = message(FileView::File.as_str(), &id.to_string(), signature);
        is_current(signature, now, lifetime) && self.is_signed(&message, signature)
    }

    fn query(
        &self,
        purpose: &str,
        id: &str,
        now: DateTime<Utc>,
        random: &dyn Random,
    ) -> Result<String, NoRandomness> {
        let nonce = u128::from_be_bytes(random.bytes(NONCE_BYTES)?.try_into().unwrap_or_default());
        let mut signature = FileSignature {
            timestamp: now.timestamp(),
            nonce: format!("{nonce:032x}"),
            sign: String::new(),
        };
        let message = message(purpose, id, &signature);
        // `=` may stand in a query; the two characters of base64url that may not are not in it.
        signature.sign = URL_SAFE.encode(self.own.active().sign(message.as_bytes()));
        let FileSignature {
            timestamp,
            nonce,
            sign,
        } = signature;
        Ok(format!("timestamp={timestamp}&nonce={nonce}&sign={sign}"))
    }

    fn is_signed(&self, message: &str, signature: &FileSignature) -> bool {
        let Ok(code) = URL_SAFE.decode(&signature.sign) else {
            return false;
        };
        let keys = [self.own.keys(), self.dify.keys()];
        let mut keys = keys.iter().flat_map(|ring| ring.iter());
        keys.any(|key| key.verify(message.as_bytes(), &code))
    }
}

fn is_current(signature: &FileSignature, now: DateTime<Utc>, lifetime: TimeDelta) -> bool {
    DateTime::from_timestamp(signature.timestamp, 0)
        .is_some_and(|signed_at| signed_at <= now + LEEWAY && now <= signed_at + lifetime)
}

fn message(purpose: &str, id: &str, signature: &FileSignature) -> String {
    let FileSignature {
        timestamp, nonce, ..
    } = signature;
    format!("{purpose}|{id}|{timestamp}|{nonce}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatewright_crypto::random::OsRandom;
    use uuid::Uuid;

    const LIFETIME: TimeDelta = TimeDelta::seconds(300);

    fn signature(address: &str) -> FileSignature {
        let query = address.split_once('?').unwrap().1;
        let value = |name: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs
                .find(|(known, _)| *known == name)
                .unwrap()
                .1
                .to_owned()
        };
        FileSignature {
            timestamp: value("timestamp").parse().unwrap(),
            nonce: value("nonce"),
            sign: value("sign"),
        }
    }

    #[test]
    fn file_url_is_valid_for_one_file_one_view_and_some_minutes() {
        let keys = FileUrlKeys::new(&MasterKeys::new(&[1; 32], []));
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let [a, b] = [1, 2].map(|n| FileId(Uuid::from_u128(n)));
        let signed = signature(
            &keys
                .address(FileView::File, a, now, &OsRandom::default())
                .unwrap(),
        );
        let check = |view, id, signature: &FileSignature, seconds| {
            let then = now + TimeDelta::seconds(seconds);
            keys.verify(view, id, signature, then, LIFETIME)
        };
        assert!(check(FileView::File, a, &signed, 0));
        assert!(check(FileView::File, a, &signed, 300));
        assert!(check(FileView::File, a, &signed, -30));
        assert!(!check(FileView::File, a, &signed, 301));
        assert!(!check(FileView::File, a, &signed, -31), "from the future");
        assert!(!check(FileView::File, b, &signed, 0));
        assert!(!check(FileView::Image, a, &signed, 0));
        for broken in [
            FileSignature {
                timestamp: signed.timestamp + 1,
                ..signed.clone()
            },
            FileSignature {
                timestamp: i64::MAX,
                ..signed.clone()
            },
            FileSignature {
                nonce: String::new(),
                ..signed.clone()
            },
            FileSignature {
                sign: String::new(),
                ..signed.clone()
            },
            FileSignature {
                sign: "not base64 !".into(),
                ..signed.clone()
            },
        ] {
            assert!(!check(FileView::File, a, &broken, 0), "{broken:?}");
        }
    }

    #[test]
    fn tool_file_url_is_valid_for_one_file_and_some_minutes() {
        let keys = FileUrlKeys::new(&MasterKeys::new(&[1; 32], []));
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let [a, b] = [1, 2].map(|n| ToolFileId(Uuid::from_u128(n)));
        let address = keys.tool_address(a, "png", now, &OsRandom::default());
        let address = address.unwrap();
        assert!(address.starts_with(&format!("/files/tools/{a}.png?timestamp=1800000000&nonce=")));
        let signed = signature(&address);
        assert!(keys.verify_tool(a, &signed, now, LIFETIME));
        assert!(!keys.verify_tool(b, &signed, now, LIFETIME));
        let late = now + LIFETIME + TimeDelta::seconds(1);
        assert!(!keys.verify_tool(a, &signed, late, LIFETIME));
    }

    /// Signed by the recorded original.
    #[test]
    fn file_url_signed_by_dify_is_accepted() {
        let keys = FileUrlKeys::new(&MasterKeys::new(
            b"h-ref-secret-key-0123456789-0123456789-abc",
            [],
        ));
        let signed = FileSignature {
            timestamp: 1_795_858_925,
            nonce: "d37cbbd1c0d46ef673a9ca731e1fbd82".into(),
            sign: "qb-_vPHS-QT3kHHsEmNL6Uo19FVSWSkpRmq6Os2EP4E=".into(),
        };
        let id = "5209d127-8ba3-4b8e-96a5-7e9f957f7975".parse().unwrap();
        let now = DateTime::from_timestamp(1_795_858_926, 0).unwrap();
        assert!(keys.verify(FileView::File, id, &signed, now, LIFETIME));
        assert!(!keys.verify(FileView::Image, id, &signed, now, LIFETIME));
    }
}
