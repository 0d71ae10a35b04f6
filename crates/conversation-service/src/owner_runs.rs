//! Runs of an app as its owners look at them: listed, counted, whole, with what each node took and gave.

use chrono::{DateTime, Utc};
use gatewright_auth::file::FileView;
use gatewright_domain::{file::FileOwner, ids::FileId};
use gatewright_storage_runs::{
    node_list::{self, WholeNode},
    run_list::{self, ListedRun, RunsBy, StatusCount, WholeRun},
};
use gatewright_usecase_apps::App;
use gatewright_usecase_files::FileAsker;
use gatewright_usecase_kit::Ctx;
use gatewright_variables::file::IDENTITY;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{ConversationError, Conversations, Window};

/// Which runs of an app. All conditions hold together.
#[derive(Debug, Clone, Copy)]
pub struct RunFilter {
    /// `app-run` or `debugging`.
    pub triggered_from: &'static str,
    /// How the run stands; none: anyhow.
    pub status: Option<&'static str>,
}

/// A run, and its values as JSON; addresses of files in them are good now.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownRun {
    /// The row of it.
    pub row: WholeRun,
    /// The graph that ran.
    pub graph: Value,
    /// What it began with.
    pub inputs: Value,
    /// What came of it.
    pub outputs: Value,
}

/// An execution, and its values as JSON; addresses of files in them are good now.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownNode {
    /// The row of it.
    pub row: WholeNode,
    /// What went in.
    pub inputs: Value,
    /// What it worked with.
    pub process_data: Value,
    /// What came out.
    pub outputs: Value,
    /// What it cost, and where in the run it was.
    pub metadata: Value,
    /// Where the whole of its large values can be fetched now.
    pub whole: WholeValues,
}

/// Addresses of the whole of values, of which an execution shows the beginning.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WholeValues {
    /// Of what went in.
    pub inputs: Option<String>,
    /// Of what it worked with.
    pub process_data: Option<String>,
    /// Of what came out.
    pub outputs: Option<String>,
}

impl Conversations {
    /// A part of the runs of an app, from the newest back, or from before a run.
    ///
    /// # Errors
    /// When the app has no such run, or PostgreSQL does not answer.
    pub async fn runs(
        &self,
        app: &App,
        filter: RunFilter,
        last: Option<Uuid>,
        limit: u32,
    ) -> Result<Window<ListedRun>, ConversationError> {
        let mut conn = self.pool.get().await?;
        let before = match last {
            None => None,
            Some(last) => {
                let found =
                    run_list::find_place(&mut conn, app.workspace.0, app.id.0, last).await?;
                Some(found.ok_or(ConversationError::LastRunNotFound)?)
            }
        };
        let which = which(app, &filter);
        let rows = run_list::list(&mut conn, which, before, i64::from(limit) + 1).await?;
        Ok(Window::of(rows, limit))
    }

    /// How many runs of an app stand in each way, since a time.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn run_counts(
        &self,
        app: &App,
        filter: RunFilter,
        since: Option<DateTime<Utc>>,
    ) -> Result<Vec<StatusCount>, ConversationError> {
        let mut conn = self.pool.get().await?;
        Ok(run_list::count(&mut conn, which(app, &filter), since).await?)
    }

    /// A run of an app.
    ///
    /// # Errors
    /// When the app has none of that id, or PostgreSQL does not answer.
    pub async fn run(&self, ctx: &Ctx, app: &App, id: Uuid) -> Result<ShownRun, ConversationError> {
        let row = self.run_row(app, id).await?;
        let texts = [row.run.inputs.as_deref(), row.run.outputs.as_deref()];
        let [inputs, outputs] = self.good(ctx, asker(app, &row), texts).await?;
        Ok(ShownRun {
            graph: value(row.graph.as_deref()),
            inputs,
            outputs,
            row,
        })
    }

    /// A run of an app, and the executions of its nodes, the oldest first.
    ///
    /// # Errors
    /// When the app has no run of that id, or PostgreSQL does not answer.
    pub async fn run_nodes(
        &self,
        ctx: &Ctx,
        app: &App,
        run: Uuid,
    ) -> Result<(WholeRun, Vec<ShownNode>), ConversationError> {
        let run = self.run_row(app, run).await?;
        let asker = asker(app, &run);
        let rows = {
            let mut conn = self.pool.get().await?;
            node_list::list(&mut conn, run.run.id).await?
        };
        let texts = rows.iter().map(|row| {
            let texts = [&row.inputs, &row.process_data, &row.outputs];
            texts.map(Option::as_deref)
        });
        let texts: Vec<_> = texts.collect();
        let values = self.all_good(ctx, asker, &texts).await?;
        let shown = |(row, values): (WholeNode, [Value; 3])| {
            let [inputs, process_data, outputs] = values;
            Ok(ShownNode {
                inputs,
                process_data,
                outputs,
                metadata: value(row.execution_metadata.as_deref()),
                whole: self.whole_values(ctx, &row)?,
                row,
            })
        };
        let nodes = rows.into_iter().zip(values).map(shown);
        let nodes: Result<Vec<ShownNode>, ConversationError> = nodes.collect();
        Ok((run, nodes?))
    }

    fn whole_values(&self, ctx: &Ctx, row: &WholeNode) -> Result<WholeValues, ConversationError> {
        let address = |file: Option<Uuid>| {
            let file = file.map(|id| self.files.address(ctx, FileView::File, FileId(id)));
            file.transpose().map_err(ConversationError::from)
        };
        Ok(WholeValues {
            inputs: address(row.inputs_file)?,
            process_data: address(row.process_data_file)?,
            outputs: address(row.outputs_file)?,
        })
    }

    async fn run_row(&self, app: &App, run: Uuid) -> Result<WholeRun, ConversationError> {
        let mut conn = self.pool.get().await?;
        let found = run_list::find(&mut conn, app.workspace.0, app.id.0, run).await?;
        found.ok_or(ConversationError::RunNotFound)
    }

    /// What is stored of values, their files fetchable now.
    async fn good<const N: usize>(
        &self,
        ctx: &Ctx,
        asker: FileAsker,
        texts: [Option<&str>; N],
    ) -> Result<[Value; N], ConversationError> {
        let mut values = self.all_good(ctx, asker, &[texts]).await?;
        Ok(values.pop().unwrap_or([const { Value::Null }; N]))
    }

    /// The same of many: files of all of them are asked for together.
    async fn all_good<const N: usize>(
        &self,
        ctx: &Ctx,
        asker: FileAsker,
        texts: &[[Option<&str>; N]],
    ) -> Result<Vec<[Value; N]>, ConversationError> {
        let mut values: Vec<[Value; N]> = texts.iter().map(|texts| texts.map(value)).collect();
        let has_files = |text: Option<&str>| text.is_some_and(|text| text.contains(IDENTITY));
        let of_files = texts.iter().flatten().copied().map(has_files);
        let places = values.iter_mut().flatten().zip(of_files);
        let mut places: Vec<&mut Value> = places
            .filter_map(|(value, has_files)| has_files.then_some(value))
            .collect();
        let mut together: Value = places.iter_mut().map(|value| value.take()).collect();
        self.files.renew(ctx, asker, &mut together).await?;
        let renewed = together.as_array_mut().into_iter().flatten();
        for (place, renewed) in places.into_iter().zip(renewed) {
            *place = renewed.take();
        }
        Ok(values)
    }
}

fn which<'a>(app: &App, filter: &RunFilter) -> RunsBy<'a> {
    RunsBy {
        tenant: app.workspace.0,
        app: app.id.0,
        triggered_from: filter.triggered_from,
        status: filter.status,
    }
}

fn asker(app: &App, run: &WholeRun) -> FileAsker {
    FileAsker {
        workspace: app.workspace,
        owner: FileOwner::of_row(&run.run.created_by_role, run.run.created_by),
    }
}

fn value(text: Option<&str>) -> Value {
    let read = text.and_then(|text| serde_json::from_str(text).ok());
    read.unwrap_or_else(|| json!({}))
}
