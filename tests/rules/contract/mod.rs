//! The contract in `docs/contract/` and the code hold each other: what is cited is there, what a security case asks for has a
//! test, and the table of routes says what the server does. No service is needed but for `served`.

mod cases;
mod citations;
mod names;
mod pages;
mod routes;
mod served;
mod sources;
mod table;
