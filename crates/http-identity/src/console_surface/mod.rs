//! `/console/api`: console identity, accounts, workspaces.

mod account;
mod activation;
mod api_keys;
pub mod audit;
mod bootstrap;
mod change_email;
mod code_login;
mod deletion;
mod empty_lists;
mod features;
mod files;
mod members;
mod oauth;
mod password;
mod register;
mod session;
mod tags;
mod transfer;
mod workspaces;

use gatewright_http_kit::{operation::Operation, operations};

/// All of `/console/api` that identity serves.
pub fn operations() -> Vec<Operation> {
    let mut all = operations!["bootstrap":
        bootstrap::ping, bootstrap::version, bootstrap::dsl_version,
        bootstrap::get_setup, bootstrap::set_up, bootstrap::get_init, bootstrap::init];
    all.extend(operations!["session": session::login, session::logout, session::refresh]);
    all.extend(operations!["mail flows":
        password::forgot, password::forgot_alias, password::check, password::reset,
        code_login::send, code_login::check,
        register::send, register::check, register::finish,
        activation::check, activation::activate]);
    all.extend(operations!["account": account::profile, account::set_name,
        account::get_avatar, account::set_avatar, account::set_language, account::set_theme,
        account::set_timezone, account::set_password, account::integrates, account::initialise,
        change_email::send, change_email::check, change_email::change, change_email::check_unique,
        deletion::verify, deletion::delete]);
    all.extend(
        operations!["identity providers": oauth::login, oauth::authorize, oauth::connect,
        oauth::disconnect],
    );
    all.extend(operations!["workspaces":
        workspaces::list, workspaces::current, workspaces::info, workspaces::switch,
        workspaces::rename, members::list, members::list_dataset_operators, members::invite,
        members::leave, members::remove, members::update_role, transfer::send, transfer::check, transfer::transfer]);
    all.extend(
        operations!["tags": tags::list, tags::create, tags::rename, tags::delete,
        tags::bind, tags::unbind],
    );
    all.extend(
        operations!["API keys": api_keys::list_app, api_keys::create_app, api_keys::delete_app,
        api_keys::list_knowledge, api_keys::create_knowledge, api_keys::delete_knowledge],
    );
    all.extend(operations!["audit": audit::list, audit::export]);
    all.extend(
        operations!["later slices": empty_lists::apps, empty_lists::datasets,
        empty_lists::external_knowledge_apis, empty_lists::knowledge_api,
        empty_lists::retrieval_setting, empty_lists::model_providers, empty_lists::models,
        empty_lists::plugin_preferences, empty_lists::plugin_tasks],
    );
    all.extend(operations!["features":
        features::system_features, features::features, features::vector_space,
        features::upload_limits, features::trial_models, files::upload]);
    all
}
