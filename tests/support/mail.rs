//! The worker's side in a test: jobs are done when the test says so, and mails are read from the
//! folder that they were put into.

use std::sync::Arc;

use gatewright_auth::{account::CodeKeys, keys::MasterKeys};
use gatewright_domain::{IdGen as _, RandomIds};
use gatewright_jobs::{QueueName, Runner};
use gatewright_kv::OneTimeGrants;
use gatewright_runtime::worker::{self, Duties};
use gatewright_usecase_maintenance::JobConnections;

use super::{Harness, SECRET_KEY};

/// A mail, as its addressee's software shows it.
#[derive(Debug, Clone)]
pub struct OutgoingMail {
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl OutgoingMail {
    pub fn parse(raw: &[u8]) -> Self {
        let mail = mailparse::parse_mail(raw).unwrap();
        let header = |name: &str| {
            use mailparse::MailHeaderMap as _;
            mail.headers.get_first_value(name).unwrap_or_default()
        };
        let body = |kind: &str| {
            let part = mail
                .subparts
                .iter()
                .find(|part| part.ctype.mimetype == kind);
            part.unwrap_or_else(|| panic!("no {kind}"))
                .get_body()
                .unwrap()
        };
        Self {
            to: header("To"),
            subject: header("Subject"),
            text: body("text/plain"),
            html: body("text/html"),
        }
    }

    /// The six digits.
    #[track_caller]
    pub fn code(&self) -> String {
        let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|b| b.is_ascii_digit());
        let mut lines = self.text.lines().map(str::trim);
        lines
            .find(is_code)
            .unwrap_or_else(|| panic!("no code: {self:?}"))
            .to_owned()
    }

    /// The first link.
    #[track_caller]
    pub fn link(&self) -> String {
        let start = self
            .text
            .find("http")
            .unwrap_or_else(|| panic!("no link: {self:?}"));
        let rest = &self.text[start..];
        rest.split_whitespace().next().unwrap().to_owned()
    }

    /// A parameter of the first link.
    pub fn parameter(&self, name: &str) -> String {
        let link = url::Url::parse(&self.link()).unwrap();
        let found = link.query_pairs().find(|(known, _)| known == name);
        found.unwrap().1.into_owned()
    }
}

impl Harness {
    pub fn runner(&self, schedules: bool) -> Arc<Runner<JobConnections>> {
        let duties = Duties {
            queues: QueueName::ALL.to_vec(),
            concurrency: 4,
            schedules,
            lease: chrono::TimeDelta::seconds(60),
        };
        Arc::new(worker::runner(&self.platform, &self.server_settings, duties).unwrap())
    }

    /// Does all jobs that are due.
    pub async fn work(&self) -> usize {
        let worker = RandomIds.new_uuid();
        self.runner(false).run_due(worker).await.unwrap()
    }

    /// The digits that belong to the seed behind a token, whether or not they were sent to anybody.
    pub async fn digits_behind(&self, token: &str) -> String {
        let grants = OneTimeGrants::new(self.platform.kv.clone(), self.platform.seals());
        let grant = grants.find(token, self.now()).await.unwrap().unwrap();
        let keys = CodeKeys::new(&MasterKeys::new(SECRET_KEY.as_bytes(), []));
        keys.code(&grant.seed).unwrap().expose().to_owned()
    }

    pub fn mail_path(&self) -> &std::path::Path {
        self.mail_folder.path()
    }

    pub fn cleaner(&self) -> gatewright_usecase_maintenance::Cleaner {
        worker::cleaner(&self.platform, &self.server_settings)
    }

    pub fn services(&self) -> gatewright_runtime::AppServices {
        self.platform.services(&self.server_settings).unwrap()
    }

    /// The runs of one more process on the same stores.
    pub fn another_run_plane(&self) -> gatewright_runtime::RunPlane {
        self.platform
            .runs(&self.server_settings, &self.services())
            .unwrap()
    }

    /// Everything that was sent, in the order in which it was asked for.
    pub async fn mails(&self) -> Vec<OutgoingMail> {
        self.work().await;
        let folder = std::fs::read_dir(self.mail_folder.path()).unwrap();
        let files = folder.map(|entry| entry.unwrap().path());
        let is_mail = |path: &std::path::PathBuf| path.extension().is_some_and(|e| e == "eml");
        let mut files: Vec<_> = files.filter(is_mail).collect();
        files.sort();
        files
            .iter()
            .map(|file| OutgoingMail::parse(&std::fs::read(file).unwrap()))
            .collect()
    }

    /// The last mail, which must be to that address.
    pub async fn last_mail(&self, to: &str) -> OutgoingMail {
        let mail = self.mails().await.pop().expect("there is a mail");
        assert_eq!(mail.to, to, "{mail:?}");
        mail
    }
}
