//! A run form with files, read part by part. What was chosen is uploaded on the way, once it is known who sends the form; behind it
//! stands in the form which file it is, as if it had been sent so: a form that is shown again keeps it.

use actix_multipart::{Field as Part, Multipart};
use actix_web::HttpResponse;
use futures_util::StreamExt as _;
use gatewright_domain::file::FileKind;
use gatewright_http_files::{NotTaken, Uploader, take_part};
use gatewright_http_kit::extract::{FilePart, Unreadable, UploadProblem};
use gatewright_run_service::{InputField, InputKind};
use gatewright_usecase_files::{FileError, Files};
use gatewright_usecase_kit::Ctx;
use serde_json::{Value, json};

use crate::{
    fields::{self, InputProblem},
    file_choice::{MAX_FILES, most},
    problem,
};
use gatewright_pages_kit::{
    form::{PageForm, unreadable},
    unavailable::unavailable,
};

/// Bytes of everything that is no file.
const MAX_TEXTS: usize = 10 << 20;
/// Parts of a form: fields, and files.
const MAX_PARTS: usize = 500;

/// Whoever sends a form.
#[allow(async_fn_in_trait, reason = "of this workspace, and awaited in place")]
pub trait Sender {
    /// Who uploads its files, by the fields that stand before the first of them; or an answer that says why nothing is taken.
    async fn uploader(&self, form: &PageForm) -> Result<Uploader, HttpResponse>;
}

/// A form that is being read.
pub struct Reading<'a, S> {
    sender: &'a S,
    declared: &'a [InputField],
    files: &'a Files,
    ctx: &'a Ctx,
    form: PageForm,
    taken: Vec<Taken>,
    /// The first file that was not taken: those behind it are passed over.
    problem: Option<InputProblem>,
    texts: usize,
    uploader: Option<Uploader>,
}

/// What a form says.
pub struct Read {
    /// Its fields, with the files that were taken.
    pub form: PageForm,
    /// A file that was not taken, at its field.
    pub problem: Option<InputProblem>,
}

/// A file that was uploaded, as runs are told of it.
struct Taken {
    variable: String,
    file: Value,
}

impl<'a, S: Sender> Reading<'a, S> {
    /// Of a form that is to be filled in.
    pub fn new(
        sender: &'a S,
        declared: &'a [InputField],
        files: &'a Files,
        ctx: &'a Ctx,
        form: PageForm,
    ) -> Self {
        Self {
            sender,
            declared,
            files,
            ctx,
            form,
            taken: vec![],
            problem: None,
            texts: 0,
            uploader: None,
        }
    }

    /// Reads all of it.
    ///
    /// # Errors
    /// An answer that says why not.
    pub async fn all(mut self, mut parts: Multipart) -> Result<Read, HttpResponse> {
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
        self.known().await?;
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
        let uploader = self.known().await?;
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
        let language = self.form.language;
        let words = match self.upload(uploader, field, part).await {
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

    async fn upload(
        &mut self,
        uploader: Uploader,
        field: &InputField,
        part: Part,
    ) -> Result<(), NotTaken> {
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

    /// Who sends the form; asked once.
    async fn known(&mut self) -> Result<Uploader, HttpResponse> {
        if let Some(known) = self.uploader {
            return Ok(known);
        }
        let known = self.sender.uploader(&self.form).await?;
        self.uploader = Some(known);
        Ok(known)
    }

    fn unreadable(&self, problem: Unreadable) -> HttpResponse {
        unreadable(self.form.language, problem)
    }
}
