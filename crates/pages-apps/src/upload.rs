//! A run form with files, read part by part. What was chosen is uploaded on the way, once the form is known to be from a page of this
//! session; behind it stands in the form which file it is, as if it had been sent so: a form that is shown again keeps it.

use actix_multipart::{Field as Part, Multipart};
use actix_web::HttpResponse;
use futures_util::StreamExt as _;
use gatewright_domain::file::{FileKind, FileOwner};
use gatewright_http_files::{NotTaken, Uploader, take_part};
use gatewright_http_kit::extract::{FilePart, Unreadable, UploadProblem};
use gatewright_run_service::{InputField, InputKind};
use gatewright_usecase_files::{FileError, Files};
use gatewright_usecase_kit::Ctx;
use serde_json::{Value, json};

use super::{
    HERE, Visit,
    fields::{self, InputProblem},
    file_choice::{MAX_FILES, most},
    problem,
};
use gatewright_pages_kit::{
    form::{PageForm, unreadable},
    guard::require_token,
    unavailable::unavailable,
};

/// Bytes of everything that is no file.
const MAX_TEXTS: usize = 10 << 20;
/// Parts of a form: fields, and files.
const MAX_PARTS: usize = 500;

/// A form that is being read.
pub(super) struct Reading<'a> {
    visit: &'a Visit,
    declared: &'a [InputField],
    files: &'a Files,
    ctx: &'a Ctx,
    form: PageForm,
    taken: Vec<Taken>,
    /// The first file that was not taken: those behind it are passed over.
    problem: Option<InputProblem>,
    texts: usize,
    is_known: bool,
}

/// What a form says.
pub(super) struct Read {
    pub(super) form: PageForm,
    /// A file that was not taken, at its field.
    pub(super) problem: Option<InputProblem>,
}

/// A file that was uploaded, as runs are told of it.
struct Taken {
    variable: String,
    file: Value,
}

impl<'a> Reading<'a> {
    /// Of a form that is to be filled in.
    pub(super) fn new(
        visit: &'a Visit,
        declared: &'a [InputField],
        files: &'a Files,
        ctx: &'a Ctx,
        form: PageForm,
    ) -> Self {
        Self {
            visit,
            declared,
            files,
            ctx,
            form,
            taken: vec![],
            problem: None,
            texts: 0,
            is_known: false,
        }
    }

    /// Reads all of it; or an answer that says why not.
    pub(super) async fn all(mut self, mut parts: Multipart) -> Result<Read, HttpResponse> {
        let mut count = 0;
        while let Some(part) = parts.next().await {
            let part = part.map_err(|_| self.unreadable(Unreadable::Syntax))?;
            count += 1;
            if count > MAX_PARTS {
                return Err(self.unreadable(Unreadable::TooLarge));
            }
            let name = part.name().unwrap_or_default().to_owned();
            let disposition = part.content_disposition();
            match disposition.and_then(|sent| sent.get_filename()) {
                None => self.text(name, part).await?,
                // So browsers say that no file was chosen.
                Some("") => {}
                Some(_) => self.file(&name, part).await?,
            }
        }
        self.require_known()?;
        self.name_files();
        Ok(Read {
            form: self.form,
            problem: self.problem,
        })
    }

    async fn text(&mut self, name: String, mut part: Part) -> Result<(), HttpResponse> {
        let mut content = vec![];
        while let Some(piece) = part.next().await {
            let piece = piece.map_err(|_| self.unreadable(Unreadable::Syntax))?;
            self.texts += piece.len();
            if self.texts > MAX_TEXTS {
                return Err(self.unreadable(Unreadable::TooLarge));
            }
            content.extend_from_slice(&piece);
        }
        if self.form.fields.iter().any(|(known, _)| *known == name) {
            return Err(self.unreadable(Unreadable::Repeated));
        }
        let content = String::from_utf8(content);
        let content = content.map_err(|_| self.unreadable(Unreadable::Syntax))?;
        self.form.fields.push((name, content));
        Ok(())
    }

    /// Takes a file, if it is of an input that takes files; what nobody asks for is passed over.
    async fn file(&mut self, name: &str, part: Part) -> Result<(), HttpResponse> {
        self.require_known()?;
        let is_of = |field: &&InputField| {
            let takes_files = matches!(field.kind, InputKind::File | InputKind::FileList);
            takes_files && !field.hide && fields::name(&field.variable) == name
        };
        let declared = self.declared;
        let Some(field) = declared.iter().find(is_of) else {
            return Ok(());
        };
        if self.problem.is_some() {
            return Ok(());
        }
        let language = self.visit.language;
        let words = match self.upload(field, part).await {
            Ok(()) => return Ok(()),
            Err(NotTaken::File(FileError::Unavailable(error))) => {
                return Err(unavailable(language, &error));
            }
            Err(NotTaken::Form(UploadProblem::Malformed)) => {
                return Err(self.unreadable(Unreadable::Syntax));
            }
            Err(NotTaken::Form(UploadProblem::TooManyFiles)) => {
                problem::too_many_files(language, most(field))
            }
            Err(other) => problem::words_of_file(language, &other),
        };
        self.problem = Some(InputProblem::of_input(&field.variable, words));
        Ok(())
    }

    async fn upload(&mut self, field: &InputField, part: Part) -> Result<(), NotTaken> {
        let of_field = self
            .taken
            .iter()
            .filter(|one| one.variable == field.variable);
        let is_full =
            |count: usize, most: u64| u64::try_from(count).is_ok_and(|count| count >= most);
        if is_full(of_field.count(), most(field)) || is_full(self.taken.len(), MAX_FILES) {
            return Err(UploadProblem::TooManyFiles.into());
        }
        let mut part = FilePart::of(part).map_err(UploadProblem::from)?;
        let extension = part.name.extension();
        let kind = FileKind::of(extension, &part.media_type);
        let rules = &field.files;
        if !rules.allows_type(kind.as_str(), extension) || !rules.allows_method("local_file") {
            return Err(FileError::UnsupportedType.into());
        }
        let uploader = Uploader {
            owner: FileOwner::Account(self.visit.session.account.id),
            workspace: self.visit.workspace.id,
        };
        let upload = take_part(self.files, self.ctx, uploader, &mut part).await?;
        let file = self.files.finish(upload).await?;
        self.taken.push(Taken {
            variable: field.variable.clone(),
            file: json!({"transfer_method": "local_file", "upload_file_id": file.id, "filename": file.name}),
        });
        Ok(())
    }

    /// Says in the form which files its inputs are, in place of those that it had.
    fn name_files(&mut self) {
        for field in self.declared {
            let of_field = self
                .taken
                .iter()
                .filter(|one| one.variable == field.variable);
            let files: Vec<Value> = of_field.map(|one| one.file.clone()).collect();
            let Some(first) = files.first() else { continue };
            let value = match field.kind {
                InputKind::FileList => Value::Array(files),
                _ => first.clone(),
            };
            let name = fields::name(&field.variable);
            self.form.fields.retain(|(known, _)| *known != name);
            self.form.fields.push((name, value.to_string()));
        }
    }

    /// That the form is from a page of this session: its token stands before its files.
    #[allow(clippy::result_large_err, reason = "an answer, sent at once")]
    fn require_known(&mut self) -> Result<(), HttpResponse> {
        if !self.is_known {
            require_token(&self.form, &self.visit.session, HERE)?;
            self.is_known = true;
        }
        Ok(())
    }

    fn unreadable(&self, problem: Unreadable) -> HttpResponse {
        unreadable(self.visit.language, problem)
    }
}
