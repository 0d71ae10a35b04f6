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
mod members;
mod oauth;
mod password;
mod register;
mod session;
mod since_1_16;
mod tags;
mod transfer;
mod workspaces;

use gatewright_http_kit::{
    operation::{Facts, Operations},
    operations,
};

/// What pages of apps ask of the installation.
pub(crate) fn web_operations() -> Operations {
    operations!["visits": features::web_system_features]
}

/// All of `/console/api` that identity serves.
pub fn operations() -> Operations {
    operations!["bootstrap":
        bootstrap::ping, bootstrap::version, bootstrap::dsl_version,
        bootstrap::get_setup, bootstrap::set_up => Facts::SLOW, bootstrap::get_init, bootstrap::init]
        .and(operations!["session": session::login => Facts::SLOW, session::logout, session::refresh])
        .and(operations!["mail flows":
        password::forgot, password::forgot_alias, password::check, password::reset => Facts::SLOW,
        code_login::send, code_login::check,
        register::send, register::check, register::finish => Facts::SLOW,
        activation::check, activation::activate => Facts::SLOW])
        .and(operations!["account": account::profile, account::set_name,
        account::get_avatar, account::set_avatar, account::set_language, account::set_theme,
        account::set_timezone, account::set_password => Facts::SLOW, account::integrates, account::initialise,
        change_email::send, change_email::check, change_email::change, change_email::check_unique,
        deletion::verify, deletion::delete])
        .and(operations!["identity providers": oauth::login => Facts::STANDARD.asking_provider(), oauth::authorize => Facts::STANDARD.asking_provider(), oauth::connect => Facts::SLOW.asking_provider(),
        oauth::disconnect => Facts::SLOW.asking_provider()])
        .and(operations!["workspaces":
        workspaces::list, workspaces::current, workspaces::info, workspaces::switch,
        workspaces::rename, members::list, members::list_dataset_operators, members::invite => Facts::SLOW,
        members::leave, members::remove, members::update_role, transfer::send, transfer::check, transfer::transfer])
        .and(operations!["tags": tags::list, tags::create, tags::rename, tags::delete,
        tags::bind, tags::unbind])
        .and(operations!["API keys": api_keys::list_app, api_keys::create_app, api_keys::delete_app,
        api_keys::list_knowledge, api_keys::create_knowledge, api_keys::delete_knowledge])
        .and(operations!["audit": audit::list, audit::export])
        .and(operations!["later slices": empty_lists::datasets,
        empty_lists::external_knowledge_apis, empty_lists::knowledge_api,
        empty_lists::retrieval_setting, empty_lists::model_providers, empty_lists::models,
        empty_lists::plugin_preferences, empty_lists::plugin_tasks])
        .and(since_1_16())
        .and(operations!["features":
        features::system_features, features::features, features::vector_space,
        features::upload_limits, features::trial_models])
}

/// What only the web console of Dify 1.16 asks for.
fn since_1_16() -> Operations {
    use since_1_16::{empty_lists, licence, permissions, summary};
    operations!["workspaces": summary::summary, permissions::my_permissions]
        .and(operations!["features": licence::license])
        .and(
            operations!["later slices": empty_lists::recent_apps, empty_lists::starred_apps,
        empty_lists::online_users, empty_lists::model_provider_summary,
        empty_lists::model_provider_credits, empty_lists::installed_ids,
        empty_lists::plugins_of_category, empty_lists::plugin_permission,
        empty_lists::auto_upgrade, empty_lists::banners, empty_lists::tour_state],
        )
}
